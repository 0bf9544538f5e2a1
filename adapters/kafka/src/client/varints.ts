import { malformed } from './answer-reader.ts';

/** Reads varints of a stretch of bytes. Throws `malformed` where one does not end in it. */
export class Varints {
  readonly bytes: Buffer;
  /** Where the next byte is read. */
  at: number;
  /** Nothing is read from here on. */
  end: number;

  constructor(bytes: Buffer, at: number, end: number) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  /** Zigzag, 32 bits. */
  int(): number {
    let byte = this.#byte();
    let value = byte & 127;
    for (let shift = 7; byte > 127; shift += 7) {
      byte = this.#byte();
      if (shift === 28 && byte > 15) throw malformed('a number of more than 32 bits');
      value |= (byte & 127) << shift;
    }
    return (value >>> 1) ^ -(value & 1);
  }

  /** Zigzag, 64 bits: exact up to 2^53. */
  long(): number {
    let byte = this.#byte();
    let value = byte & 127;
    for (let factor = 128; byte > 127; factor *= 128) {
      byte = this.#byte();
      if (factor >= 2 ** 63 && byte > 1) throw malformed('a number of more than 64 bits');
      value += (byte & 127) * factor;
    }
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  /** Passes a part of the given length and returns where it began. */
  pass(length: number): number {
    const start = this.at;
    if (length < 0 || length > this.end - start)
      throw malformed(`a length of ${length} where ${this.end - start} bytes are left`);
    this.at = start + length;
    return start;
  }

  #byte(): number {
    if (this.at >= this.end) throw malformed('a record that ends too early');
    return this.bytes[this.at++] ?? 0;
  }
}
