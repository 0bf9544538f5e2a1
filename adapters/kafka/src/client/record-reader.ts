import { type Header, type Key, keyFromBytes, type StoredEvent, TextCache } from '@isostream/core/adapter';
import { malformed } from './answer-reader.ts';
import { Pages } from './pages.ts';
import type { RecordBatch } from './record-batch.ts';
import { Varints } from './varints.ts';

/** The events of one batch, made one by one as they are asked for. */
export interface EventReader {
  /** Where the next record is expected: what an error is about. */
  readonly position: number;
  /** The next event from that offset on and below that other one; `undefined` at the end. Throws `malformed`. */
  next(from: number, before: number): StoredEvent | undefined;
}

const keys = new TextCache(2_048);
const names = new TextCache(256);
const noHeaders: readonly Header[] = Object.freeze([]);
const nothing = Buffer.alloc(0);

/** Reads the records of a batch with magic 2 in one pass. Source: Kafka's protocol guide, record. */
export class RecordReader implements EventReader {
  position: number;
  readonly #partition: string;
  readonly #batch: RecordBatch;
  readonly #pages: Pages;
  readonly #input: Varints;
  readonly #end: number;
  #left: number;

  /** `bytes`: the records, unpacked, from `start` on. */
  constructor(partition: string, batch: RecordBatch, bytes: Buffer, start: number) {
    this.#partition = partition;
    this.#batch = batch;
    this.#pages = new Pages(bytes);
    this.#input = new Varints(bytes, start, bytes.length);
    this.#end = bytes.length;
    this.#left = batch.count;
    this.position = batch.baseOffset;
  }

  next(from: number, before: number): StoredEvent | undefined {
    const input = this.#input;
    while (this.#left > 0) {
      input.end = this.#end;
      const start = input.pass(input.int());
      const end = input.at;
      input.at = start;
      input.end = end;
      // Attributes of a record have no meaning as yet.
      input.pass(1);
      const timestamp = this.#timestamp(input.long());
      const offset = this.#batch.baseOffset + input.int();
      if (offset < this.position || offset > this.#batch.lastOffset)
        throw malformed(`a record with offset ${offset} where ${this.position} or a later one is expected`);
      if (offset >= before) this.#left = 0;
      else {
        this.#left--;
        this.position = offset + 1;
        if (offset >= from) return this.#event(offset, timestamp, start);
        input.at = end;
      }
    }
    return undefined;
  }

  #timestamp(delta: number): number {
    const { firstTimestamp, appendedAt } = this.#batch;
    return toTime(appendedAt ?? firstTimestamp + delta);
  }

  #event(offset: number, timestamp: number, start: number): StoredEvent {
    const input = this.#input;
    const { end } = input;
    this.#pages.hold(start, end);
    const keyLength = input.int();
    const key = keyLength === -1 ? null : this.#key(input.pass(keyLength), input.at);
    const valueLength = input.int();
    const value = valueLength === -1 ? null : this.#pages.view(input.pass(valueLength), input.at);
    const headers = this.#headers(input.int());
    if (input.at !== end) throw malformed(`a record that ends ${end - input.at} bytes too late`);
    return { partition: this.#partition, position: String(offset), timestamp, key, value, headers };
  }

  #key(start: number, end: number): Key {
    return keys.read(this.#input.bytes, start, end) ?? keyFromBytes(this.#pages.view(start, end));
  }

  #headers(count: number): readonly Header[] {
    if (count === 0) return noHeaders;
    const input = this.#input;
    // Two lengths each at least.
    if (count < 0 || count * 2 > input.end - input.at)
      throw malformed(`${count} headers in ${input.end - input.at} bytes`);
    const headers: Header[] = [];
    for (let index = 0; index < count; index++) {
      const nameLength = input.int();
      const start = input.pass(nameLength);
      const name = names.read(input.bytes, start, input.at) ?? input.bytes.toString('utf8', start, input.at);
      const length = input.int();
      // A null header is read as an empty one.
      headers.push([name, length === -1 ? nothing : this.#pages.view(input.pass(length), input.at)]);
    }
    return headers;
  }
}

/** The furthest that a `Date` goes: a record may carry any number. */
const mostMs = 8.64e15;

export function toTime(ms: number): number {
  return Math.max(-mostMs, Math.min(mostMs, ms));
}
