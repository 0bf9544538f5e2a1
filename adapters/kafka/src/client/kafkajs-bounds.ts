import { createRequire } from 'node:module';
import { malformed } from './answer-reader.ts';

/** kafkajs's reader of answers. */
interface Decoder {
  readonly buffer: Buffer;
  offset: number;
  readInt32(): number;
  readVarInt(): number;
  readUVarInt(): number;
}

type Method = (this: Decoder, ...parameters: unknown[]) => unknown;

/** Answers that this driver received. */
const ours = new WeakSet<Uint8Array>();
let isBound = false;

/**
 * Marks an answer that is read by kafkajs, which believes every length: a negative one moves it back, so that it reads the
 * same bytes again for minutes, and an array is made as long as it says before its first element is read. From here on
 * both throw `malformed` for marked answers; for whatever else reads with kafkajs in this process nothing changes.
 */
export function bounded(answer: Buffer): Buffer {
  if (!isBound) bind();
  isBound = true;
  ours.add(answer);
  return answer;
}

const lengthOf: Readonly<Record<string, (decoder: Decoder) => number>> = {
  readArray: (decoder) => decoder.readInt32(),
  readArrayAsync: (decoder) => decoder.readInt32(),
  readVarIntArray: (decoder) => decoder.readVarInt(),
  readUVarIntArray: (decoder) => decoder.readUVarInt() - 1,
  readTaggedFields: (decoder) => decoder.readUVarInt(),
};

/** What a method moves by at least: its length, and nothing behind it. */
const leastBytes: Readonly<Record<string, number>> = {
  readString: 2,
  readBytes: 4,
};

/** One check around every method that moves, so that none is forgotten. */
function bind(): void {
  const { prototype } = createRequire(import.meta.url)('kafkajs/src/protocol/decoder') as {
    readonly prototype: Record<string, Method>;
  };
  for (const name of Object.getOwnPropertyNames(prototype)) {
    const method = prototype[name];
    // `readAll` takes what is left, and moves by more than that.
    if (method === undefined || name === 'readAll' || !(name.startsWith('read') || name === 'forward')) continue;
    prototype[name] = function (...parameters) {
      if (!ours.has(this.buffer)) return method.apply(this, parameters);
      const start = this.offset;
      const length = lengthOf[name];
      if (length !== undefined) checkCount(this, length);
      const result = method.apply(this, parameters);
      checkMoved(this, start, parameters.length === 0 ? (leastBytes[name] ?? 1) : 0);
      return result;
    };
  }
}

/** An element takes a byte at least, so an array of more elements than there are bytes is none. */
function checkCount(decoder: Decoder, read: (decoder: Decoder) => number): void {
  const start = decoder.offset;
  const count = read(decoder);
  const left = decoder.buffer.length - decoder.offset;
  decoder.offset = start;
  if (count < -1 || count > left) throw malformed(`an array of ${count} elements where ${left} bytes are left`);
}

function checkMoved({ buffer, offset }: Decoder, start: number, least: number): void {
  if (offset >= start + least && offset <= buffer.length) return;
  throw malformed(`a length of ${offset - start} where ${buffer.length - start} bytes are left`);
}
