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

/** The records inside; `undefined` for bytes that are no aggregated record, which then are what they are. Never throws. */
export function deaggregate(bytes: Uint8Array): readonly UserRecord[] | undefined {
  if (!isAggregate(bytes)) return undefined;
  const message = view(bytes).subarray(magic.length, bytes.byteLength - digestBytes);
  const keys: string[] = [];
  const records: { readonly keyIndex: number; readonly data: Uint8Array }[] = [];
  try {
    for (const field of fieldsOf(message)) {
      if (field.number === 1 && field.bytes !== undefined) keys.push(field.bytes.toString('utf8'));
      if (field.number === 3 && field.bytes !== undefined) records.push(recordOf(field.bytes));
    }
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
  const found: UserRecord[] = [];
  for (const { keyIndex, data } of records) {
    const partitionKey = keys[keyIndex];
    if (partitionKey === undefined) return undefined;
    found.push({ partitionKey, data });
  }
  return found;
}

/** Whether readers take these bytes for an aggregated record: by how they begin, and their checksum. */
export function isAggregate(bytes: Uint8Array): boolean {
  if (bytes.byteLength < magic.length + digestBytes) return false;
  const all = view(bytes);
  if (magic.compare(all, 0, magic.length) !== 0) return false;
  const message = all.subarray(magic.length, all.length - digestBytes);
  return md5(message).equals(all.subarray(all.length - digestBytes));
}

function recordOf(message: Buffer): { readonly keyIndex: number; readonly data: Uint8Array } {
  let keyIndex = 0;
  let data: Uint8Array = new Uint8Array();
  for (const { number, value, bytes } of fieldsOf(message)) {
    if (number === 1 && value !== undefined) keyIndex = value;
    if (number === 3 && bytes !== undefined) data = bytes;
  }
  return { keyIndex, data };
}

interface Field {
  readonly number: number;
  readonly value?: number;
  readonly bytes?: Buffer;
}

/** The fields of a protobuf message. Throws RangeError for what is none. */
function* fieldsOf(message: Buffer): Iterable<Field> {
  let offset = 0;
  const next = (): number => {
    const read = readVarint(message, offset);
    offset = read.end;
    return read.value;
  };
  const take = (length: number): Buffer => {
    if (offset + length > message.length) throw new RangeError('the message ends inside of a field');
    offset += length;
    return message.subarray(offset - length, offset);
  };
  while (offset < message.length) {
    const head = next();
    const number = Math.floor(head / 8);
    switch (head % 8) {
      case varint:
        yield { number, value: next() };
        break;
      case lengthDelimited:
        yield { number, bytes: take(next()) };
        break;
      case fixed64:
        take(8);
        break;
      case fixed32:
        take(4);
        break;
      default:
        throw new RangeError('the message has a field of unknown kind');
    }
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

function readVarint(bytes: Buffer, start: number): { readonly value: number; readonly end: number } {
  let value = 0;
  let factor = 1;
  for (let offset = start; offset < bytes.length && offset < start + 10; offset++) {
    const byte = bytes[offset] ?? 0;
    value += (byte % 0x80) * factor;
    if (byte < 0x80) return { value, end: offset + 1 };
    factor *= 0x80;
  }
  throw new RangeError('the message ends inside of a number');
}

function md5(bytes: Buffer): Buffer {
  return createHash('md5').update(bytes).digest();
}

function view(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
