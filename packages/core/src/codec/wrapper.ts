import { isUtf8 } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import type { Capabilities } from '../contract/capabilities.ts';
import type { EncodedEvent, Header } from '../model/encoded.ts';

/**
 * How a wrapper begins, to the byte: readers know it without parsing what is none. An event of somebody else that
 * begins like this is wrapped in turn, so nothing is taken for a wrapper that was not written as one.
 */
const opening = Buffer.from('{"specversion":"1.0","type":"isostream.wrapped","source":"isostream",');
/** Stands before the payload where that is JSON; inside of a JSON text before it its quotes would be escaped. */
const dataMember = Buffer.from(',"data":');

/**
 * The event as a provider can store it. Without headers only bytes travel: what bytes alone cannot say (headers, and
 * that there is no payload) goes, with the payload, into one structured CloudEvent around it.
 */
export function wrap(event: EncodedEvent, { headers: carries }: Pick<Capabilities, 'headers'>): EncodedEvent {
  const { value, headers } = event;
  if (carries !== 'none') return event;
  if (headers.length === 0 && value !== null && !isWrapper(value)) return event;
  const attributes = JSON.stringify({ id: randomUUID(), isostreamheaders: JSON.stringify(headers.map(toPair)) });
  return {
    ...event,
    headers: [],
    value: Buffer.concat([opening, Buffer.from(attributes.slice(1, -1)), ...payload(value), Buffer.from('}')]),
  };
}

/** The event that a wrapper holds; any other event as it is. Never throws. */
export function unwrap<Event extends EncodedEvent>(event: Event): Event {
  const { value, headers } = event;
  if (value === null || headers.length > 0 || !isWrapper(value)) return event;
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  try {
    const attributes: unknown = JSON.parse(bytes.toString('utf8'));
    if (!isRecord(attributes)) return event;
    const data = bytes.indexOf(dataMember);
    const base64 = attributes['data_base64'];
    const bare = typeof base64 === 'string' ? Buffer.from(base64, 'base64') : null;
    const inner = data < 0 ? bare : bytes.subarray(data + dataMember.length, -1);
    return { ...event, value: inner, headers: readHeaders(attributes['isostreamheaders']) };
  } catch {
    // Cut off or changed on its way: then it is what it is.
    return event;
  }
}

function isWrapper(value: Uint8Array): boolean {
  return value.length > opening.length && opening.compare(value, 0, opening.length) === 0;
}

/** JSON goes in as it stands, so that it stays readable and grows by nothing; its bytes are cut out again as they were. */
function payload(value: Uint8Array | null): Buffer[] {
  if (value === null) return [];
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  return isJson(bytes)
    ? [Buffer.from(',"datacontenttype":"application/json"'), dataMember, bytes]
    : [Buffer.from(`,"datacontenttype":"application/octet-stream","data_base64":"${bytes.toString('base64')}"`)];
}

function isJson(bytes: Buffer): boolean {
  if (!isUtf8(bytes)) return false;
  try {
    JSON.parse(bytes.toString('utf8'));
    return true;
  } catch {
    return false;
  }
}

type Pair = readonly [name: string, value: string | { readonly base64: string }];

/** A list and no object: names may repeat, and values may be bytes. */
function toPair([name, value]: Header): Pair {
  return [name, typeof value === 'string' ? value : { base64: Buffer.from(value).toString('base64') }];
}

function readHeaders(text: unknown): Header[] {
  const pairs: unknown = JSON.parse(String(text));
  if (!isList(pairs)) throw new TypeError('no list of headers');
  return pairs.map((pair): Header => {
    if (!isList(pair)) throw new TypeError('no header');
    const [name, value] = pair;
    return [String(name), isRecord(value) ? Buffer.from(String(value['base64']), 'base64') : String(value)];
  });
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
