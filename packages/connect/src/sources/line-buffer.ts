const lf = 0x0a;
const cr = 0x0d;

/** A line without its end, and how many bytes it was with it. */
export interface Line {
  readonly text: string;
  readonly bytes: Buffer;
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Bytes until they make whole lines, which end with `\n`, `\r\n` or `\r`. */
export class LineBuffer {
  #bytes: Buffer = Buffer.alloc(0);

  get length(): number {
    return this.#bytes.byteLength;
  }

  add(bytes: Uint8Array): void {
    this.#bytes = this.#bytes.byteLength === 0 ? Buffer.from(bytes) : Buffer.concat([this.#bytes, bytes]);
  }

  /** The next line; `undefined` where its end has not come. A `\r` in last place waits: a `\n` may follow. */
  next(): Line | undefined {
    const bytes = this.#bytes;
    const newline = bytes.indexOf(lf);
    const end = newline === -1 ? bytes.byteLength : newline;
    const carriage = bytes.subarray(0, end).indexOf(cr);
    if (carriage === -1) return newline === -1 ? undefined : this.#take(newline, newline + 1);
    if (carriage + 1 === bytes.byteLength) return undefined;
    return this.#take(carriage, bytes[carriage + 1] === lf ? carriage + 2 : carriage + 1);
  }

  /** What is left counts as a line: no more will come. */
  last(): Line | undefined {
    const length = this.#bytes.byteLength;
    if (length === 0) return undefined;
    return this.#take(this.#bytes.at(-1) === cr ? length - 1 : length, length);
  }

  clear(): void {
    this.#bytes = Buffer.alloc(0);
  }

  #take(end: number, next: number): Line {
    const bytes = this.#bytes.subarray(0, next);
    this.#bytes = this.#bytes.subarray(next);
    return { text: decoder.decode(bytes.subarray(0, end)), bytes };
  }
}
