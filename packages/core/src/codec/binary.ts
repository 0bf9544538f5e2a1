import type { CloudEventsBinding } from '../contract/capabilities.ts';
import type { Header } from '../model/encoded.ts';
import { type Envelope, headerText, type OutgoingEnvelope, repeatedText } from './envelope.ts';

/** Prefixes of attributes in the Kafka, HTTP-like and AMQP protocol bindings of CloudEvents 1.0. */
const prefixes = ['ce_', 'ce-', 'cloudEvents:', 'cloudEvents_'] as const;

/** Writes attributes as headers, by the names of the provider's protocol binding. What repeats from event to event is made once. */
export function binaryWriter({
  prefix,
  contentType,
}: CloudEventsBinding): (envelope: Omit<OutgoingEnvelope, 'data'>) => Header[] {
  const specversion: Header = [`${prefix}specversion`, '1.0'];
  const [id, subject] = [`${prefix}id`, `${prefix}subject`];
  const type = repeating(`${prefix}type`);
  const source = repeating(`${prefix}source`);
  const time = repeating(`${prefix}time`);
  const dataSchema = repeating(`${prefix}dataschema`);
  const content = repeating(contentType);
  return (envelope) => {
    const headers: Header[] = [specversion, [id, envelope.id], type(envelope.type), source(envelope.source)];
    if (envelope.time !== undefined) headers.push(time(envelope.time));
    if (envelope.subject !== undefined) headers.push([subject, envelope.subject]);
    if (envelope.contentType !== undefined) headers.push(content(envelope.contentType));
    if (envelope.dataSchema !== undefined) headers.push(dataSchema(envelope.dataSchema));
    for (const name in envelope.extensions) {
      const value = envelope.extensions[name];
      if (value !== undefined) headers.push([prefix + name, String(value)]);
    }
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

/** The attributes that CloudEvents defines, by the header that each is in each binding; every other one is an extension. */
const attributes = ['specversion', 'id', 'type', 'source', 'time', 'subject', 'datacontenttype', 'dataschema'] as const;
type Attribute = (typeof attributes)[number];
const known: ReadonlyMap<string, ReadonlyMap<string, Attribute>> = new Map(
  prefixes.map((prefix) => [prefix, new Map(attributes.map((name) => [prefix + name, name]))]),
);

/** Reads attributes from headers, whichever binding wrote them; `undefined` if they are not a binary CloudEvent. */
export function fromBinary(headers: readonly Header[], value: Uint8Array | null): Envelope | undefined {
  const prefix = findPrefix(headers);
  const names = prefix === undefined ? undefined : known.get(prefix);
  if (prefix === undefined || names === undefined) return undefined;
  let id: string | undefined;
  let type: string | undefined;
  let source: string | undefined;
  let time: string | undefined;
  let subject: string | undefined;
  let declared: string | undefined;
  let dataSchema: string | undefined;
  const own: Record<string, string> = {};
  const extensions: Record<string, string> = {};
  let contentType: string | undefined;
  for (const [name, header] of headers) {
    const attribute = names.get(name);
    if (attribute === 'id') id = headerText(header);
    else if (attribute === 'type') type = repeatedText(header);
    else if (attribute === 'source') source = repeatedText(header);
    else if (attribute === 'time') time = repeatedText(header);
    else if (attribute === 'subject') subject = headerText(header);
    else if (attribute === 'datacontenttype') declared = repeatedText(header);
    else if (attribute === 'dataschema') dataSchema = repeatedText(header);
    // That there is one was seen already.
    else if (attribute === 'specversion') continue;
    else if (name.startsWith(prefix)) defineHeader(extensions, name.slice(prefix.length), headerText(header));
    else if (name.length === 12 && name.toLowerCase() === 'content-type') contentType = repeatedText(header);
    // Ours, such as the letter that an event was sent back from: an application could not pass them on.
    else if (!name.startsWith('isostream-')) defineHeader(own, name, headerText(header));
  }
  if (id === undefined || type === undefined || source === undefined) return undefined;
  return {
    id,
    type,
    source,
    time,
    subject,
    contentType: contentType ?? declared,
    dataSchema,
    extensions,
    headers: own,
    data: value === null ? { kind: 'tombstone' } : { kind: 'bytes', bytes: value },
  };
}

/** The headers of an event without attributes, and the type of its content: ours are left out, as an application could not pass them on. */
export function ownHeaders(headers: readonly Header[]): {
  readonly headers: Readonly<Record<string, string>>;
  readonly contentType: string | undefined;
} {
  const own: Record<string, string> = {};
  let contentType: string | undefined;
  for (const [name, value] of headers) {
    if (name.length === 12 && name.toLowerCase() === 'content-type') contentType = headerText(value);
    else if (!name.startsWith('isostream-')) defineHeader(own, name, headerText(value));
  }
  return { headers: own, contentType };
}

/** A header may be called `__proto__`: assigning it would be lost. */
export function defineHeader<Value>(headers: Record<string, Value>, name: string, value: Value): void {
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
