import { malformed } from './answer-reader.ts';
import { tooLarge, type Unpacking } from './unpacking.ts';

/** How the frames of snappy-java begin, which Java's clients write; others write one bare block. */
const frameMagic = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
/** Behind it two versions, which say nothing that is needed. */
const frameHeaderBytes = 16;

interface Block {
  readonly start: number;
  readonly end: number;
  /** Unpacked. */
  readonly size: number;
}

/** Unpacks snappy, framed or bare. Source: google/snappy, format_description.txt; xerial/snappy-java, SnappyOutputStream. */
export class Snappy implements Unpacking {
  readonly output: Buffer;
  readonly #input: Buffer;
  readonly #blocks: readonly Block[];
  #block = 0;
  #at: number;
  #filled = 0;
  /** Where the present block's output begins: nothing is copied from before it. */
  #start = 0;

  constructor(input: Buffer, limit: number) {
    this.#input = input;
    this.#blocks = blocksOf(input);
    const size = this.#blocks.reduce((sum, block) => sum + block.size, 0);
    if (size > limit) throw tooLarge(limit);
    this.output = Buffer.allocUnsafeSlow(size);
    this.#at = this.#blocks[0]?.start ?? 0;
  }

  run(budget: number): boolean {
    const until = this.#filled + budget;
    for (let block = this.#blocks[this.#block]; block !== undefined; block = this.#blocks[this.#block]) {
      if (!this.#fill(block, until)) return false;
      if (this.#filled !== this.#start + block.size) throw malformed('a snappy block that is shorter than it says');
      this.#start = this.#filled;
      this.#at = this.#blocks[++this.#block]?.start ?? 0;
    }
    return true;
  }

  /** False where the budget ended first. */
  #fill({ end, size }: Block, until: number): boolean {
    const { output } = this;
    const input = this.#input;
    const most = this.#start + size;
    let at = this.#at;
    let filled = this.#filled;
    while (at < end && filled < until) {
      const tag = input[at++] ?? 0;
      let length = (tag >>> 2) + 1;
      if ((tag & 3) === 0) {
        const extra = length - 60;
        if (extra > 0) {
          if (at + extra > end) throw malformed('a snappy block that ends too early');
          length = input.readUIntLE(at, extra) + 1;
          at += extra;
        }
        if (length > end - at || length > most - filled) throw malformed('a snappy literal beyond its block');
        input.copy(output, filled, at, at + length);
        at += length;
      } else {
        const width = tag & 3;
        const bytes = width === 3 ? 4 : width;
        if (at + bytes > end) throw malformed('a snappy block that ends too early');
        let back = input.readUIntLE(at, bytes);
        at += bytes;
        if (width === 1) {
          length = ((tag >>> 2) & 7) + 4;
          back |= (tag >>> 5) << 8;
        }
        if (back === 0 || back > filled - this.#start || length > most - filled)
          throw malformed('a snappy copy beyond its block');
        for (let index = filled; index < filled + length; index++) output[index] = output[index - back] ?? 0;
      }
      filled += length;
    }
    this.#at = at;
    this.#filled = filled;
    return at >= end;
  }
}

function blocksOf(input: Buffer): Block[] {
  const isFramed = input.length >= frameHeaderBytes && input.subarray(0, frameMagic.length).equals(frameMagic);
  if (!isFramed) return [blockAt(input, 0, input.length)];
  const blocks: Block[] = [];
  for (let at = frameHeaderBytes; at < input.length;) {
    // Frames may follow one another, each with its header.
    if (input.subarray(at, at + frameMagic.length).equals(frameMagic)) {
      at += frameHeaderBytes;
      continue;
    }
    const left = input.length - at - 4;
    const length = left < 0 ? -1 : input.readInt32BE(at);
    if (length < 0 || length > left) throw malformed('a snappy frame that ends too early');
    blocks.push(blockAt(input, at + 4, at + 4 + length));
    at += 4 + length;
  }
  return blocks;
}

/** A block begins with its size, as a varint of at most 32 bits. */
function blockAt(input: Buffer, start: number, end: number): Block {
  let size = 0;
  for (let at = start, factor = 1; at < end && factor <= 2 ** 28; factor *= 128) {
    const byte = input[at++] ?? 0;
    size += (byte & 127) * factor;
    if (byte < 128) return { start: at, end, size };
  }
  throw malformed('a snappy block without a size');
}
