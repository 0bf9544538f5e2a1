import { isUtf8 } from 'node:buffer';
import type { Key } from './encoded.ts';

/** Text that is equal for equal keys and only for those; `undefined` for an event without a key. */
export function keyId(key: Key): string | undefined {
  if (key === null) return undefined;
  if (typeof key === 'string') return key;
  // A lone surrogate never comes out of UTF-8, so no text key can look like this.
  return `\ud800${Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('hex')}`;
}

/** The key that these stored bytes are: text where they are UTF-8, so that a key is the same whoever wrote it. */
export function keyFromBytes(bytes: Uint8Array | null): Key {
  if (bytes === null || !isUtf8(bytes)) return bytes;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}

/** A key as typed events show it: base64 where it is not text. */
export function keyText(key: Key): string | null {
  return key === null || typeof key === 'string' ? key : Buffer.from(key).toString('base64');
}
