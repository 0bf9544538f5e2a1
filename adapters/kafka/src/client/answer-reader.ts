import { toOffset } from './int64.ts';
import { WireError } from './wire-error.ts';

/** Reads an answer from its beginning. Throws `malformed` where it would read beyond its end, or back. */
export class AnswerReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  int16(): number {
    return this.#bytes.readInt16BE(this.#pass(2));
  }

  int32(): number {
    return this.#bytes.readInt32BE(this.#pass(4));
  }

  int64(): bigint {
    return this.#bytes.readBigInt64BE(this.#pass(8));
  }

  offset(): number {
    return toOffset(this.#bytes, this.#pass(8));
  }

  skip(bytes: number): void {
    this.#pass(bytes);
  }

  /** The length of an array whose elements take so many bytes at least; null counts as empty. */
  count(leastBytes: number): number {
    const count = this.int32();
    if (count === -1) return 0;
    if (count < 0 || count * leastBytes > this.#bytes.length - this.#at)
      throw malformed(`an array of ${count} elements where ${this.#bytes.length - this.#at} bytes are left`);
    return count;
  }

  text(): string {
    const length = this.int16();
    const start = this.#pass(length);
    return this.#bytes.toString('utf8', start, start + length);
  }

  /** A view; null counts as empty. */
  bytes(): Buffer {
    const length = this.int32();
    if (length === -1) return this.#bytes.subarray(0, 0);
    const start = this.#pass(length);
    return this.#bytes.subarray(start, start + length);
  }

  #pass(bytes: number): number {
    const start = this.#at;
    const left = this.#bytes.length - start;
    if (bytes < 0 || bytes > left) throw malformed(`a length of ${bytes} where ${left} bytes are left`);
    this.#at += bytes;
    return start;
  }
}

export function malformed(message: string, cause?: unknown): WireError {
  return new WireError('malformed', message, { sent: 'maybe', cause });
}
