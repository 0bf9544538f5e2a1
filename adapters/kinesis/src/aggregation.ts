import { createHash } from 'node:crypto';

/** How an aggregated record of the Kinesis Producer Library begins; behind it a protobuf message and its MD5. */
const magic = Buffer.from([0xf3, 0x89, 0x9a, 0xc2]);
const digestBytes = 16;

// AggregatedRecord: 1 = table of partition keys, 2 = table of explicit hash keys, 3 = records.
// Record: 1 = index of its partition key, 2 = index of its explicit hash key, 3 = data, 4 = tags.
const varint = 0;
const fixed64 = 1;
const lengthDelimited = 2;
const fixed32 = 5;

/** One record inside of an aggregated one. */
export interface UserRecord {
  readonly partitionKey: string;
  readonly data: Uint8Array;
}

/**
 * Several payloads of one partition key as one record. Of one key only: readers such as the Kinesis Client Library throw a
 * whole aggregate away if any key in it belongs to another shard.
 */
export function aggregate(partitionKey: string, payloads: readonly Uint8Array[]): Buffer {
  const key = Buffer.from(partitionKey);
  const parts: Uint8Array[] = [tag(1, lengthDelimited), toVarint(key.length), key];
  for (const data of payloads) {
    const head = Buffer.concat([tag(1, varint), toVarint(0), tag(3, lengthDelimited), toVarint(data.byteLength)]);
    parts.push(tag(3, lengthDelimited), toVarint(head.length + data.byteLength), head, data);
  }
  const message = Buffer.concat(parts);
  return Buffer.concat([magic, message, md5(message)]);
}

/**
 * The records inside, made one by one as they are asked for: a megabyte can hold half a million empty ones. `undefined` for
 * bytes that are not an aggregated record, or hold none that could be handed out; they are then what they are. Never throws.
 */
export function deaggregate(bytes: Uint8Array): Iterable<UserRecord> | undefined {
  if (!isAggregate(bytes)) return undefined;
  const message = view(bytes).subarray(magic.length, bytes.byteLength - digestBytes);
  const keys = keysOf(message);
  if (keys === undefined) return undefined;
  return { [Symbol.iterator]: () => recordsOf(message, keys) };
}

/**
 * Where the partition keys of the records begin and end in the message, in turn, if all that is there can be read. The table
 * may stand behind the records.
 */
function keysOf(message: Buffer): readonly number[] | undefined {
  const keys: number[] = [];
  let highest = -1;
  const scan = new Fields(message);
  const inner = new Fields(message);
  try {
    while (scan.next()) {
      if (!scan.hasBytes) continue;
      if (scan.number === 1) keys.push(scan.start, scan.end);
      if (scan.number === 3) highest = Math.max(highest, recordAt(inner, scan.start, scan.end).keyIndex);
    }
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
  return highest >= 0 && 2 * highest < keys.length ? keys : undefined;
}

function* recordsOf(message: Buffer, keys: readonly number[]): Generator<UserRecord, void> {
  const scan = new Fields(message);
  const inner = new Fields(message);
  while (scan.next()) {
    if (!scan.hasBytes || scan.number !== 3) continue;
    const { keyIndex, start, end } = recordAt(inner, scan.start, scan.end);
    const partitionKey = message.toString('utf8', keys[2 * keyIndex], keys[2 * keyIndex + 1]);
    yield { partitionKey, data: message.subarray(start, end) };
  }
}

/** Whether readers take these bytes for an aggregated record: by how they begin, and their checksum. */
export function isAggregate(bytes: Uint8Array): boolean {
  if (bytes[0] !== magic[0] || bytes.byteLength < magic.length + digestBytes) return false;
  const all = view(bytes);
  if (magic.compare(all, 0, magic.length) !== 0) return false;
  const message = all.subarray(magic.length, all.length - digestBytes);
  return md5(message).equals(all.subarray(all.length - digestBytes));
}

function recordAt(fields: Fields, from: number, to: number): { keyIndex: number; start: number; end: number } {
  const record = { keyIndex: 0, start: from, end: from };
  fields.within(from, to);
  while (fields.next()) {
    if (fields.number === 1 && !fields.hasBytes) record.keyIndex = fields.value;
    if (fields.number !== 3 || !fields.hasBytes) continue;
    record.start = fields.start;
    record.end = fields.end;
  }
  return record;
}

/** The fields of a protobuf message, one after the other, without an object for each. Throws RangeError for what is none. */
class Fields {
  readonly #bytes: Buffer;
  #offset = 0;
  #end: number;
  number = 0;
  /** Of a varint; 0 for other kinds. */
  value = 0;
  hasBytes = false;
  start = 0;
  end = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.#end = bytes.length;
  }

  within(from: number, to: number): void {
    this.#offset = from;
    this.#end = to;
  }

  /** `false` at the end. */
  next(): boolean {
    if (this.#offset >= this.#end) return false;
    const head = this.#varint();
    this.number = Math.floor(head / 8);
    this.value = 0;
    this.hasBytes = false;
    switch (head % 8) {
      case varint:
        this.value = this.#varint();
        break;
      case lengthDelimited:
        this.hasBytes = true;
        this.#take(this.#varint());
        break;
      case fixed64:
        this.#take(8);
        break;
      case fixed32:
        this.#take(4);
        break;
      default:
        throw new RangeError('the message has a field of unknown kind');
    }
    return true;
  }

  #take(length: number): void {
    this.start = this.#offset;
    this.end = this.#offset + length;
    if (this.end > this.#end) throw new RangeError('the message ends inside of a field');
    this.#offset = this.end;
  }

  #varint(): number {
    let value = 0;
    let factor = 1;
    for (let index = 0; index < 10 && this.#offset < this.#end; index++) {
      const byte = this.#bytes[this.#offset++] ?? 0;
      value += (byte % 0x80) * factor;
      if (byte < 0x80) return value;
      factor *= 0x80;
    }
    throw new RangeError('the message ends inside of a number');
  }
}

function tag(number: number, kind: number): Buffer {
  return Buffer.from([number * 8 + kind]);
}

function toVarint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) + 0x80);
    rest = Math.floor(rest / 0x80);
  }
  bytes.push(rest);
  return Buffer.from(bytes);
}

function md5(bytes: Buffer): Buffer {
  return createHash('md5').update(bytes).digest();
}

function view(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
