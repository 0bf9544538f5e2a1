import { keyFromBytes, type StoredEvent } from '@isostream/core/adapter';
import { crc32 } from 'node:zlib';
import { malformed } from './answer-reader.ts';
import { readInt64, toOffset } from './int64.ts';
import { prefixBytes, type RecordBatch } from './record-batch.ts';
import { type EventReader, toTime } from './record-reader.ts';

const appendTimeFlag = 0x08;
const codecMask = 0x07;
/** With magic 0: offset, size, checksum, magic, attributes, two lengths. */
const leastBytes = 26;
/** With magic 0 there is no timestamp; this is Kafka's sign for none. */
const noTimestamp = -1;

/** One message of a format before Kafka 0.11, as segments of old topics hold them. */
interface Message {
  readonly offset: number;
  /** Where the next one begins. */
  readonly end: number;
  readonly magic: number;
  readonly attributes: number;
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

/** The compressed messages in a wrapping one, as they are packed. */
export function packedMessages(batch: RecordBatch): Buffer {
  return readMessage(batch.bytes, 0).value ?? Buffer.alloc(0);
}

/** Whether the checksum of a message fits. */
export function isIntactMessage({ bytes }: RecordBatch): boolean {
  return crc32(bytes.subarray(prefixBytes + 4)) === bytes.readUInt32BE(prefixBytes);
}

/** Reads one message, or those that were packed in it. */
export class MessageReader implements EventReader {
  position: number;
  readonly #partition: string;
  readonly #bytes: Buffer;
  /** Added to the offsets inside: with magic 1 they are relative, and the last one is the wrapper's. */
  readonly #base: number;
  readonly #appendedAt: number | undefined;
  #at = 0;

  /** `unpacked`: what the message wraps, if it is compressed. */
  constructor(partition: string, batch: RecordBatch, unpacked: Buffer | undefined) {
    this.#partition = partition;
    this.#bytes = unpacked ?? batch.bytes;
    const { magic, offset, attributes, timestamp } = readMessage(batch.bytes, 0);
    const isRelative = unpacked !== undefined && magic === 1;
    this.#base = isRelative ? offset - lastOffset(unpacked) : 0;
    this.#appendedAt = isRelative && (attributes & appendTimeFlag) !== 0 ? timestamp : undefined;
    const first = unpacked === undefined || unpacked.length < 8 ? offset : toOffset(unpacked, 0) + this.#base;
    this.position = Math.max(first, 0);
  }

  next(from: number, before: number): StoredEvent | undefined {
    while (this.#at < this.#bytes.length) {
      const { offset, end, attributes, timestamp, key, value } = readMessage(this.#bytes, this.#at);
      if (this.#base !== 0 && (attributes & codecMask) !== 0) throw malformed('a compressed message inside of another');
      const place = offset + this.#base;
      if (place < this.position) throw malformed(`a message at offset ${place} where ${this.position} is expected`);
      if (place >= before) return undefined;
      this.#at = end;
      this.position = place + 1;
      if (place < from) continue;
      return {
        partition: this.#partition,
        position: String(place),
        timestamp: toTime(this.#appendedAt ?? timestamp),
        key: keyFromBytes(key === null ? null : Buffer.from(key)),
        value: value === null ? null : Buffer.from(value),
        headers: [],
      };
    }
    return undefined;
  }
}

function lastOffset(messages: Buffer): number {
  let last = 0;
  for (let at = 0; at < messages.length;) {
    const { offset, end } = readMessage(messages, at);
    last = offset;
    at = end;
  }
  return last;
}

function readMessage(bytes: Buffer, at: number): Message {
  const left = bytes.length - at;
  const size = left < leastBytes ? -1 : bytes.readInt32BE(at + 8);
  if (size < leastBytes - prefixBytes || size > left - prefixBytes) throw malformed('a message that ends too early');
  const end = at + prefixBytes + size;
  const magic = bytes.readInt8(at + 16);
  if (magic !== 0 && magic !== 1) throw malformed(`a message of format ${magic}`);
  if (magic === 1 && size < leastBytes - prefixBytes + 8) throw malformed('a message that ends too early');
  let next = at + 18 + (magic === 1 ? 8 : 0);
  const part = (): Buffer | null => {
    if (end - next < 4) throw malformed('a message that ends too early');
    const length = bytes.readInt32BE(next);
    next += 4;
    if (length === -1) return null;
    if (length < 0 || length > end - next) throw malformed(`a length of ${length} where ${end - next} bytes are left`);
    next += length;
    return bytes.subarray(next - length, next);
  };
  return {
    offset: toOffset(bytes, at),
    end,
    magic,
    attributes: bytes.readInt8(at + 17),
    timestamp: magic === 1 ? readInt64(bytes, at + 18) : noTimestamp,
    key: part(),
    value: part(),
  };
}
