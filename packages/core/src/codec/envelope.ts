import { isUtf8 } from 'node:buffer';
import { types } from 'node:util';
import type { Header } from '../model/encoded.ts';
import { parseJson, printJson } from './json.ts';
import { mediaTypeOf } from './media-type.ts';
import { TextCache } from './text-cache.ts';

/** The payload of an event: bytes, a JSON value that came parsed already, none at all, or the sign that a key is removed. */
export type Payload =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'json'; readonly value: unknown }
  | { readonly kind: 'none' }
  | { readonly kind: 'tombstone' };

/** The payload of an event, without that of tombstones. */
export type StoredData = Exclude<Payload, { readonly kind: 'tombstone' }>;

/** The CloudEvents 1.0 attributes that isostream writes and reads, whatever mode they travelled in. */
export interface Envelope<Data = Payload, Extension = string> {
  readonly id: string;
  readonly type: string;
  readonly source: string;
  /** RFC 3339; `undefined` where a foreign producer left it out. */
  readonly time: string | undefined;
  readonly subject: string | undefined;
  readonly contentType: string | undefined;
  readonly dataSchema: string | undefined;
  /** Attributes that CloudEvents itself does not define. */
  readonly extensions: Readonly<Record<string, Extension>>;
  /** What is not a CloudEvents attribute: the application's own headers. */
  readonly headers: Readonly<Record<string, string>>;
  readonly data: Data;
}

/** Bytes of a header as text; both forms occur, by provider and by writer. */
export function headerText(value: string | Uint8Array): string {
  return typeof value === 'string' ? value : viewOf(value).toString('utf8');
}

const repeated = new TextCache(1_024);

/** As {@link headerText}, for what repeats from event to event. */
export function repeatedText(value: string | Uint8Array): string {
  if (typeof value === 'string') return value;
  const bytes = viewOf(value);
  return repeated.read(bytes) ?? bytes.toString('utf8');
}

/** The same bytes with the methods of a `Buffer`: most are one already, and a view of each header would cost as much as its text. */
function viewOf(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The value of the last header of this name. */
export function findHeader(headers: readonly Header[], name: string): string | undefined {
  for (let index = headers.length - 1; index >= 0; index--) {
    const header = headers[index];
    if (header?.[0] === name) return headerText(header[1]);
  }
  return undefined;
}

/** An event on its way out. */
export type OutgoingEnvelope = Envelope<EncodedData['bytes'], string | number | boolean>;

/** Application data as it travels: `null` is what a tombstone has instead, `undefined` no data. */
export interface EncodedData {
  readonly bytes: Uint8Array | null | undefined;
  readonly contentType: string | undefined;
  /** Of the codec, beside those of the event. */
  readonly headers?: readonly Header[];
}

/** Payload bytes of application data, and how to call them: bytes stay bytes, anything else is JSON. Throws for what JSON cannot say. */
export function encodeData(data: unknown): EncodedData {
  if (data === undefined) return { bytes: undefined, contentType: undefined };
  // A copy: what the caller does with its buffer after `send` must not reach what is sent.
  if (types.isUint8Array(data)) return { bytes: Buffer.from(data), contentType: 'application/octet-stream' };
  const text = printJson(data);
  if (text === undefined) throw new TypeError(`a ${typeof data} is not JSON`);
  return { bytes: Buffer.from(text), contentType: 'application/json' };
}

/**
 * The reverse of {@link encodeData}, for data of others as well: as the content type says, and bytes only where that says so.
 * Throws for JSON that is none and for text that is not in its charset: replacement characters would hide the damage.
 */
export function decodeData(payload: StoredData, contentType: string | undefined): unknown {
  if (payload.kind === 'none') return undefined;
  // A JSON value is data as it stands: text of a type that is not JSON is a string here.
  if (payload.kind === 'json') return payload.value;
  const { bytes } = payload;
  const { kind, charset } = mediaTypeOf(contentType);
  // A copy: what a handler changes must not be in its next attempt, nor in the dead letter.
  if (kind === 'binary') return Buffer.from(bytes);
  // No JSON has no bytes: then there is no data.
  if (kind === 'json' && bytes.byteLength === 0) return undefined;
  const text = textOf(bytes, charset);
  return kind === 'json' ? parseJson(text) : text;
}

function textOf(bytes: Uint8Array, charset: string): string {
  if (charset !== 'utf-8' && charset !== 'utf8')
    return new TextDecoder(charset, { fatal: true, ignoreBOM: true }).decode(bytes);
  const text = viewOf(bytes).toString('utf8');
  // What is not UTF-8 becomes this character, which may as well have been sent: looking for it costs less than checking all bytes.
  if (text.includes('\ufffd') && !isUtf8(bytes)) throw new TypeError('not UTF-8');
  return text;
}
