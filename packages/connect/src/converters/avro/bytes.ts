/** Collects the encoding of one Avro value. */
export class AvroBytes {
  readonly #parts: Uint8Array[] = [];

  long(value: bigint): void {
    let left = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
    const bytes: number[] = [];
    for (; left > 0x7fn; left >>= 7n) bytes.push(Number(left & 0x7fn) | 0x80);
    bytes.push(Number(left));
    this.#parts.push(Uint8Array.from(bytes));
  }

  count(value: number): void {
    this.long(BigInt(value));
  }

  boolean(value: boolean): void {
    this.#parts.push(Uint8Array.of(value ? 1 : 0));
  }

  float(value: number): void {
    const bytes = Buffer.alloc(4);
    bytes.writeFloatLE(value);
    this.#parts.push(bytes);
  }

  double(value: number): void {
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleLE(value);
    this.#parts.push(bytes);
  }

  /** With their length in front. */
  bytes(value: Uint8Array): void {
    this.count(value.byteLength);
    this.raw(value);
  }

  raw(value: Uint8Array): void {
    this.#parts.push(value);
  }

  /** Everything, behind a prefix. */
  behind(prefix: Uint8Array): Uint8Array {
    return Buffer.concat([prefix, ...this.#parts]);
  }
}
