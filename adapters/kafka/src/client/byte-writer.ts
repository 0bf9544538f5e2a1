/** Numbers and text of Kafka's protocol, into one buffer that grows and is used again. */
export class ByteWriter {
  bytes: Buffer = Buffer.allocUnsafeSlow(1 << 16);
  /** Where the next byte goes. */
  at = 0;

  /** What was written so far, as a copy of its own. */
  copy(): Buffer {
    return Buffer.from(this.bytes.subarray(0, this.at));
  }

  int8(value: number): void {
    this.bytes[this.at++] = value;
  }

  int16(value: number): void {
    this.at = this.bytes.writeInt16BE(value, this.at);
  }

  int32(value: number): void {
    this.at = this.bytes.writeInt32BE(value, this.at);
  }

  int64(value: bigint): void {
    this.at = this.bytes.writeBigInt64BE(value, this.at);
  }

  /** Leaves four bytes for a length that {@link ByteWriter.endLength} fills in. */
  beginLength(): number {
    const start = this.at;
    this.at += 4;
    return start;
  }

  endLength(start: number): void {
    this.bytes.writeInt32BE(this.at - start - 4, start);
  }

  /** Zigzag, of whole numbers below 2^52. */
  varint(value: number): void {
    let rest = value >= 0 ? value * 2 : value * -2 - 1;
    for (; rest > 0x7fffffff; rest = Math.floor(rest / 128)) this.bytes[this.at++] = (rest % 128) | 128;
    for (; rest > 127; rest >>>= 7) this.bytes[this.at++] = (rest & 127) | 128;
    this.bytes[this.at++] = rest;
  }

  /** Its length as a varint, then the bytes; -1 for null. */
  part(part: string | Uint8Array | null): void {
    if (part === null) this.varint(-1);
    else if (typeof part === 'string') this.#text(part);
    else this.raw(part, true);
  }

  raw(part: Uint8Array, hasLength = false): void {
    if (hasLength) this.varint(part.byteLength);
    this.bytes.set(part, this.at);
    this.at += part.byteLength;
  }

  /** Makes room for so many bytes more; nothing above checks it. */
  room(bytes: number): void {
    if (this.at + bytes <= this.bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, this.at + bytes));
    this.bytes.copy(grown, 0, 0, this.at);
    this.bytes = grown;
  }

  /** Short ASCII, as keys and header names mostly are, is written without a call out of the engine. */
  #text(text: string): void {
    const { length } = text;
    if (length < 64) {
      const start = this.at + 1;
      let index = 0;
      for (; index < length; index++) {
        const code = text.charCodeAt(index);
        if (code > 127) break;
        this.bytes[start + index] = code;
      }
      if (index === length) {
        this.bytes[this.at] = length << 1;
        this.at = start + length;
        return;
      }
    }
    this.varint(Buffer.byteLength(text));
    this.at += this.bytes.write(text, this.at, 'utf8');
  }
}

/** The most bytes that a part can take without its length. */
export function mostBytes(part: string | Uint8Array | null): number {
  if (part === null) return 0;
  return typeof part === 'string' ? part.length * 3 : part.byteLength;
}
