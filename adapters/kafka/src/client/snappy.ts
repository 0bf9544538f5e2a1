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
  readonly #isFramed: boolean;
  #block: Block | undefined;
  #at: number;
  #filled = 0;
  /** Where the present block's output begins: nothing is copied from before it. */
  #start = 0;

  constructor(input: Buffer, limit: number) {
    this.#input = input;
    this.#isFramed = hasFrame(input, 0);
    const first = this.#blockAt(0);
    let size = 0;
    for (let block = first; block !== undefined; block = this.#blockAt(block.end)) size += block.size;
    if (size > limit) throw tooLarge(limit);
    this.output = Buffer.allocUnsafeSlow(size);
    this.#block = first;
    this.#at = first?.start ?? 0;
  }

  run(budget: number): boolean {
    const until = this.#filled + budget;
    for (let block = this.#block; block !== undefined; block = this.#block) {
      if (!this.#fill(block, until)) return false;
      if (this.#filled !== this.#start + block.size) throw malformed('a snappy block that is shorter than it says');
      this.#start = this.#filled;
      this.#block = this.#blockAt(block.end);
      this.#at = this.#block?.start ?? 0;
    }
    return true;
  }

  /** The block that begins there, or behind the header of a frame; one is enough where there are no frames. */
  #blockAt(place: number): Block | undefined {
    const input = this.#input;
    if (!this.#isFramed) return place === 0 ? readBlock(input, 0, input.length) : undefined;
    let at = place;
    while (hasFrame(input, at)) at += frameHeaderBytes;
    if (at >= input.length) return undefined;
    const left = input.length - at - 4;
    const length = left < 0 ? -1 : input.readInt32BE(at);
    if (length < 0 || length > left) throw malformed('a snappy frame that ends too early');
    return readBlock(input, at + 4, at + 4 + length);
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

function hasFrame(input: Buffer, at: number): boolean {
  return input.length - at >= frameHeaderBytes && frameMagic.compare(input, at, at + frameMagic.length) === 0;
}

/** A block begins with its size, as a varint of at most 32 bits. */
function readBlock(input: Buffer, start: number, end: number): Block {
  let size = 0;
  for (let at = start, factor = 1; at < end && factor <= 2 ** 28; factor *= 128) {
    const byte = input[at++] ?? 0;
    size += (byte & 127) * factor;
    if (byte < 128) return { start: at, end, size };
  }
  throw malformed('a snappy block without a size');
}
