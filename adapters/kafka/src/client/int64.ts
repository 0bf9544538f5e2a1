import { WireError } from './wire-error.ts';

/** A signed 64-bit number as a double: exact up to 2^53, which no offset and no time in milliseconds reaches. */
export function readInt64(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at) * 0x1_0000_0000 + bytes.readUInt32BE(at + 4);
}

/** An offset. Throws `malformed` for one that cannot be counted exactly. */
export function toOffset(bytes: Buffer, at: number): number {
  const offset = readInt64(bytes, at);
  if (Number.isSafeInteger(offset)) return offset;
  throw new WireError('malformed', `an offset of ${bytes.readBigInt64BE(at)}`, { sent: 'maybe' });
}
