import { malformed } from './answer-reader.ts';
import { tooLarge, type Unpacking } from './unpacking.ts';

const frameMagic = 0x184d2204;
/** Frames that hold something else: the last four bits of the magic are free. */
const skippableMagic = 0x184d2a50;
const uncompressedFlag = 0x8000_0000;
const startBytes = 65_536;

interface Frame {
  /** What one block may hold at most. */
  readonly blockBytes: number;
  readonly hasBlockSums: boolean;
  readonly hasSum: boolean;
}

/**
 * Unpacks LZ4 frames. Checksums inside of them are passed over: the batch has one over all of it, and old clients of Kafka
 * wrote a wrong one. Source: lz4/lz4, lz4_Frame_format.md and lz4_Block_format.md.
 */
export class Lz4 implements Unpacking {
  readonly #input: Buffer;
  readonly #limit: number;
  #output: Buffer;
  #filled = 0;
  #at = 0;
  /** Of the present frame; absent between two. */
  #frame: Frame | undefined;

  constructor(input: Buffer, limit: number) {
    this.#input = input;
    this.#limit = limit;
    this.#output = Buffer.allocUnsafeSlow(Math.min(limit, Math.max(startBytes, input.length * 4)));
  }

  get output(): Buffer {
    return this.#output.subarray(0, this.#filled);
  }

  run(budget: number): boolean {
    const until = this.#filled + budget;
    while (this.#at < this.#input.length || this.#frame !== undefined) {
      if (this.#filled >= until) return false;
      if (this.#frame === undefined) this.#beginFrame();
      else this.#block(this.#frame);
    }
    return true;
  }

  #beginFrame(): void {
    const magic = this.#uint32();
    if ((magic & 0xffff_fff0) >>> 0 === skippableMagic) {
      this.#pass(this.#uint32());
      return;
    }
    if (magic !== frameMagic) throw malformed('no LZ4 frame');
    const flags = this.#byte();
    const blockSize = (this.#byte() >>> 4) & 7;
    if (flags >>> 6 !== 1 || blockSize < 4 || (flags & 1) !== 0) throw malformed('an LZ4 frame of an unknown kind');
    if ((flags & 8) !== 0) this.#pass(8);
    // The checksum of this header.
    this.#pass(1);
    this.#frame = {
      blockBytes: 1 << (2 * blockSize + 8),
      hasBlockSums: (flags & 16) !== 0,
      hasSum: (flags & 4) !== 0,
    };
  }

  #block({ blockBytes, hasBlockSums, hasSum }: Frame): void {
    const word = this.#uint32();
    if (word === 0) {
      if (hasSum) this.#pass(4);
      this.#frame = undefined;
      return;
    }
    const isPlain = (word & uncompressedFlag) !== 0;
    const length = (word & ~uncompressedFlag) >>> 0;
    const start = this.#pass(length);
    if (isPlain) {
      this.#room(length);
      this.#input.copy(this.#output, this.#filled, start, start + length);
      this.#filled += length;
    } else this.#unpack(start, start + length, blockBytes);
    if (hasBlockSums) this.#pass(4);
  }

  /** One compressed block: literals and copies in turn. A copy may reach back into the blocks before. */
  #unpack(start: number, end: number, blockBytes: number): void {
    const input = this.#input;
    const most = Math.min(this.#filled + blockBytes, this.#limit);
    this.#grow(most);
    const output = this.#output;
    let at = start;
    let filled = this.#filled;
    const refuse = (length: number): void => {
      if (filled + length > this.#limit) throw tooLarge(this.#limit);
      throw malformed('an LZ4 block that is larger than its frame says');
    };
    while (at < end) {
      const token = input[at++] ?? 0;
      let length = token >>> 4;
      if (length === 15) {
        for (let byte = 255; byte === 255; length += byte) {
          if (at >= end) throw malformed('an LZ4 block that ends too early');
          byte = input[at++] ?? 0;
        }
      }
      if (length > end - at) throw malformed('an LZ4 block that ends too early');
      if (length > most - filled) refuse(length);
      if (length > 16) input.copy(output, filled, at, at + length);
      else for (let index = 0; index < length; index++) output[filled + index] = input[at + index] ?? 0;
      at += length;
      filled += length;
      // The last sequence has literals alone.
      if (at >= end) break;
      if (end - at < 2) throw malformed('an LZ4 block that ends too early');
      const back = (input[at] ?? 0) | ((input[at + 1] ?? 0) << 8);
      at += 2;
      length = (token & 15) + 4;
      if (length === 19) {
        for (let byte = 255; byte === 255; length += byte) {
          if (at >= end) throw malformed('an LZ4 block that ends too early');
          byte = input[at++] ?? 0;
        }
      }
      if (back === 0 || back > filled) throw malformed('an LZ4 copy from before the beginning');
      if (length > most - filled) refuse(length);
      for (let index = filled; index < filled + length; index++) output[index] = output[index - back] ?? 0;
      filled += length;
    }
    this.#filled = filled;
  }

  #room(bytes: number): void {
    const size = this.#filled + bytes;
    if (size > this.#limit) throw tooLarge(this.#limit);
    this.#grow(size);
  }

  #grow(size: number): void {
    if (size <= this.#output.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.min(this.#limit, Math.max(size, this.#output.length * 2)));
    this.#output.copy(grown, 0, 0, this.#filled);
    this.#output = grown;
  }

  #byte(): number {
    return this.#input[this.#pass(1)] ?? 0;
  }

  #uint32(): number {
    return this.#input.readUInt32LE(this.#pass(4));
  }

  #pass(bytes: number): number {
    const start = this.#at;
    if (bytes > this.#input.length - start) throw malformed('an LZ4 frame that ends too early');
    this.#at += bytes;
    return start;
  }
}
