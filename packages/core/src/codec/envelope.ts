import { isUtf8 } from 'node:buffer';
import type { Header } from '../model/encoded.ts';

/** The CloudEvents 1.0 attributes that isostream writes and reads, whatever mode they travelled in. */
export interface Envelope {
  readonly id: string;
  readonly type: string;
  readonly source: string;
  /** RFC 3339; `undefined` where a foreign producer left it out. */
  readonly time: string | undefined;
  readonly subject: string | undefined;
  readonly contentType: string | undefined;
  /** What is no CloudEvents attribute: the application's own headers. */
  readonly headers: Readonly<Record<string, string>>;
  /** The payload as bytes; `null` for a tombstone. */
  readonly data: Uint8Array | null;
}

/** Bytes of a header as text; both forms occur, by provider and by writer. */
export function headerText(value: string | Uint8Array): string {
  return typeof value === 'string'
    ? value
    : Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('utf8');
}

/** The value of the last header of this name. */
export function findHeader(headers: readonly Header[], name: string): string | undefined {
  for (let index = headers.length - 1; index >= 0; index--) {
    const header = headers[index];
    if (header?.[0] === name) return headerText(header[1]);
  }
  return undefined;
}

/** Payload bytes of application data, and how to call them: bytes stay bytes, anything else is JSON. */
export function encodeData(data: unknown): {
  readonly bytes: Uint8Array | null;
  readonly contentType: string | undefined;
} {
  if (data === null) return { bytes: null, contentType: undefined };
  if (data instanceof Uint8Array) return { bytes: data, contentType: 'application/octet-stream' };
  // JSON.stringify answers undefined for what JSON cannot say, whatever its type declares.
  const text: string | undefined = JSON.stringify(data);
  if (text === undefined) throw new TypeError('not JSON');
  return { bytes: Buffer.from(text), contentType: 'application/json' };
}

/** The reverse of {@link encodeData}. Throws what `JSON.parse` throws, and for text that is no UTF-8: replacement characters would hide the damage. */
export function decodeData(data: Uint8Array | null, contentType: string | undefined): unknown {
  if (data === null) return null;
  const type = contentType?.toLowerCase();
  const isJson = type === undefined || type.startsWith('application/json') || type.includes('+json');
  const isText = !isJson && type.startsWith('text/');
  if ((isJson || isText) && !isUtf8(data)) throw new TypeError('not UTF-8');
  if (isJson) {
    const parsed: unknown = JSON.parse(Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('utf8'));
    return parsed;
  }
  return isText ? Buffer.from(data).toString('utf8') : data;
}
