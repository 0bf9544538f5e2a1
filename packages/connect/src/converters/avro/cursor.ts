import { DataError } from '../../data/values.ts';

const mostEmpty = 10_000;

/** Reads the encoding of Avro from start to end. Throws {@link DataError} where the bytes end too soon. */
export class Cursor {
  readonly #bytes: Buffer;
  #at: number;
  #empty = 0;

  constructor(bytes: Uint8Array, start: number) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = start;
  }

  get left(): number {
    return this.#bytes.byteLength - this.#at;
  }

  byte(): number {
    return this.bytes(1)[0] ?? 0;
  }

  long(): bigint {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) break;
      if (shift > 56n) throw new DataError('the payload is not what its Avro schema says: a number is too long');
    }
    return BigInt.asIntN(64, (value >> 1n) ^ -(value & 1n));
  }

  int(): number {
    const value = this.count();
    if (value < -(2 ** 31) || value >= 2 ** 31)
      throw new DataError('the payload is not what its Avro schema says: an int is too large');
    return value;
  }

  /** A number of things, or a place in a list of branches. */
  count(): number {
    return Number(this.long());
  }

  float(): number {
    return this.bytes(4).readFloatLE();
  }

  double(): number {
    return this.bytes(8).readDoubleLE();
  }

  text(): string {
    return this.bytes(this.count()).toString();
  }

  bytes(length: number = this.count()): Buffer {
    if (length < 0 || length > this.left)
      throw new DataError('the payload is not what its Avro schema says: it ends too soon');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  /** The entries of a list or a map, which come in blocks. */
  *blocks(): Iterable<void> {
    for (;;) {
      const count = this.count();
      if (count === 0) return;
      // Behind a negative number stands the size of the block.
      if (count < 0) this.long();
      for (let entry = 0; entry < Math.abs(count); entry += 1) {
        const { left } = this;
        yield;
        // Entries without bytes could be as many as a number can say, and so in each list of the payload.
        if (this.left === left) this.#empty += 1;
        if (this.#empty > mostEmpty) throw new DataError('the payload has too many entries that hold nothing');
      }
    }
  }
}
