import type { CloudEventsBinding } from '../contract/capabilities.ts';
import type { Header } from '../model/encoded.ts';
import { type Envelope, headerText } from './envelope.ts';

/** Prefixes of attributes in the Kafka, HTTP-like and AMQP protocol bindings of CloudEvents 1.0. */
const prefixes = ['ce_', 'ce-', 'cloudEvents:', 'cloudEvents_'] as const;

/** Writes attributes as headers, by the names of the provider's protocol binding. What repeats from event to event is made once. */
export function binaryWriter({
  prefix,
  contentType,
}: CloudEventsBinding): (envelope: Omit<Envelope, 'data'>) => Header[] {
  const specversion: Header = [`${prefix}specversion`, '1.0'];
  const [id, subject] = [`${prefix}id`, `${prefix}subject`];
  const type = repeating(`${prefix}type`);
  const source = repeating(`${prefix}source`);
  const time = repeating(`${prefix}time`);
  const content = repeating(contentType);
  return (envelope) => {
    const headers: Header[] = [specversion, [id, envelope.id], type(envelope.type), source(envelope.source)];
    if (envelope.time !== undefined) headers.push(time(envelope.time));
    if (envelope.subject !== undefined) headers.push([subject, envelope.subject]);
    if (envelope.contentType !== undefined) headers.push(content(envelope.contentType));
    for (const name in envelope.headers) {
      const value = envelope.headers[name];
      if (value !== undefined) headers.push([name, value]);
    }
    return headers;
  };
}

/** Headers of one name; the same one again while the value stays the same. */
function repeating(name: string): (value: string) => Header {
  let last: Header = [name, ''];
  return (value) => {
    if (last[1] !== value) last = [name, value];
    return last;
  };
}

/** Reads attributes from headers, whichever binding wrote them; `undefined` if they are no binary CloudEvent. */
export function fromBinary(headers: readonly Header[], data: Uint8Array | null): Envelope | undefined {
  const prefix = findPrefix(headers);
  if (prefix === undefined) return undefined;
  const attributes = new Map<string, string>();
  const own: Record<string, string> = {};
  let contentType: string | undefined;
  for (const [name, value] of headers) {
    if (name.startsWith(prefix)) attributes.set(name.slice(prefix.length), headerText(value));
    else if (name === 'content-type' || name === 'Content-Type') contentType = headerText(value);
    // Ours, such as the count of redrives: an application could not pass them on.
    else if (!name.startsWith('isostream-')) defineHeader(own, name, headerText(value));
  }
  const [id, type, source] = [attributes.get('id'), attributes.get('type'), attributes.get('source')];
  if (id === undefined || type === undefined || source === undefined) return undefined;
  return {
    id,
    type,
    source,
    time: attributes.get('time'),
    subject: attributes.get('subject'),
    contentType,
    headers: own,
    data,
  };
}

/** A header may be called `__proto__`: assigning it would be lost. */
export function defineHeader(headers: Record<string, string>, name: string, value: string): void {
  if (name === '__proto__')
    Object.defineProperty(headers, name, { value, enumerable: true, configurable: true, writable: true });
  else headers[name] = value;
}

function findPrefix(headers: readonly Header[]): string | undefined {
  for (const [name] of headers) {
    if (!name.endsWith('specversion')) continue;
    for (const prefix of prefixes) if (name.length === prefix.length + 11 && name.startsWith(prefix)) return prefix;
  }
  return undefined;
}
