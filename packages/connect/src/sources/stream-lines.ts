import type { Readable } from 'node:stream';
import { pause } from '@isostream/core/adapter';
import { LineBuffer } from './line-buffer.ts';

/** Whole lines of something that can be read only once, as standard input. */
export class StreamLines {
  readonly #chunks: AsyncIterator<unknown>;
  readonly #buffer = new LineBuffer();
  #next: Promise<IteratorResult<unknown>> | undefined;
  #isOver = false;

  constructor(stream: Readable) {
    this.#chunks = stream[Symbol.asyncIterator]();
  }

  /** Up to `limit` lines; none after `waitMs` without one. What follows the last line end is never a line. */
  async read(limit: number, waitMs: number, signal: AbortSignal): Promise<readonly string[]> {
    const lines = this.#lines(limit);
    if (lines.length > 0) return lines;
    if (this.#isOver) {
      await pause(waitMs, signal);
      return [];
    }
    this.#next ??= this.#chunks.next();
    const found = await Promise.race([this.#next, pause(waitMs, signal).then(() => undefined)]);
    if (found === undefined) return [];
    this.#next = undefined;
    if (found.done === true) this.#isOver = true;
    else this.#buffer.add(Buffer.from(found.value instanceof Uint8Array ? found.value : String(found.value)));
    return this.#lines(limit);
  }

  #lines(limit: number): readonly string[] {
    const lines: string[] = [];
    while (lines.length < limit) {
      const line = this.#buffer.next();
      if (line === undefined) break;
      lines.push(line.text);
    }
    return lines;
  }
}
