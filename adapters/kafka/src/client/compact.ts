/** Reads the compact forms of flexible versions. Throws `RangeError` beyond the end. */
export class CompactReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  take(length: number): Buffer {
    if (length < 0 || this.#at + length > this.#bytes.length) throw new RangeError('the answer is too short');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  skip(length: number): void {
    this.take(length);
  }

  int16(): number {
    return this.take(2).readInt16BE();
  }

  int32(): number {
    return this.take(4).readInt32BE();
  }

  unsigned(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const [byte = 0] = this.take(1);
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new RangeError('a number is too long');
  }

  /** Of an array or a text; -1 for none. */
  length(): number {
    return this.unsigned() - 1;
  }

  /** Empty where there is none. */
  text(): string {
    return this.take(Math.max(0, this.length())).toString('utf8');
  }

  skipText(): void {
    this.skip(Math.max(0, this.length()));
  }

  /** Each element takes bytes, so a count that no answer can hold ends with the answer. */
  skipArray(each: () => void): void {
    const count = this.length();
    for (let index = 0; index < count; index++) each();
  }

  skipTags(): void {
    const count = this.unsigned();
    for (let index = 0; index < count; index++) {
      this.unsigned();
      this.skip(this.unsigned());
    }
  }
}

/** No tags, at the end of every structure. */
export const noTags: Buffer = Buffer.from([0]);
/** Instead of a text or an array: none. */
export const nothing: Buffer = Buffer.from([0]);

export function compactArray(elements: readonly Buffer[]): Buffer {
  return Buffer.concat([unsigned(elements.length + 1), ...elements]);
}

export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

export function int64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(value);
  return bytes;
}

export function compactText(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([unsigned(bytes.length + 1), bytes]);
}

function unsigned(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  bytes.push(rest);
  return Buffer.from(bytes);
}
