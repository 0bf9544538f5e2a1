import { createHash } from 'node:crypto';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { type Line, LineBuffer } from './line-buffer.ts';

/** How far a file was read, and what it was: enough to see at the next look whether it is still the same. */
export interface FilePlace {
  /** In bytes. */
  readonly position: number;
  /** Of bytes at its start and of those just before the position; `undefined` where only the position is known. */
  readonly mark: string | undefined;
}

/** A line, and the place behind it. */
export interface PlacedLine {
  readonly text: string;
  readonly place: FilePlace;
}

/** So many bytes at the start, and so many before the position, tell one file from another. */
const markBytes = 256;
const leastChunk = 64 * 1_024;
const largestChunk = 16 * 1_024 * 1_024;

/** A file that grows: its whole lines from a place on, also when it is truncated, or replaced by another under its name. */
export class FileLines {
  readonly #path: string;
  readonly #say: (line: string) => void;
  readonly #buffer = new LineBuffer();
  #handle: FileHandle | undefined;
  /** Of the first byte that is not handed out; the buffer begins with it. */
  #position: number;
  #head: Buffer = Buffer.alloc(0);
  #tail: Buffer = Buffer.alloc(0);
  #mark: string | undefined;
  #chunk = leastChunk;
  #isMissing = false;

  constructor(path: string, start: FilePlace, say: (line: string) => void) {
    this.#path = path;
    this.#position = start.position;
    this.#mark = start.mark;
    this.#say = say;
  }

  /** Up to `limit` lines that are complete now. */
  async read(limit: number): Promise<readonly PlacedLine[]> {
    if (this.#handle === undefined && !(await this.#open())) return [];
    const lines: PlacedLine[] = [];
    while (lines.length < limit) {
      const line = this.#buffer.next();
      if (line !== undefined) {
        lines.push(this.#passed(line));
        continue;
      }
      // What is there goes out before anything that may take its time.
      if (lines.length > 0) return lines;
      const state = await this.#more();
      if (state === 'more') continue;
      if (state === 'none') return [];
      const rest = this.#buffer.last();
      const last = rest === undefined ? [] : [this.#passed(rest)];
      await this.#startOver();
      return last;
    }
    return lines;
  }

  async close(): Promise<void> {
    await this.#handle?.close();
    this.#handle = undefined;
  }

  async #open(): Promise<boolean> {
    const handle = await openIfThere(this.#path);
    if (handle === undefined) {
      if (!this.#isMissing) this.#say(`waits for ${this.#path}, which does not exist`);
      this.#isMissing = true;
      return false;
    }
    this.#isMissing = false;
    this.#handle = handle;
    const isSame = await this.#takeUp(handle);
    if (!isSame) {
      this.#say(
        `${this.#path} is not the file that was read before: it was truncated or replaced. Reads it from its start`,
      );
      this.#reset();
    }
    return true;
  }

  /** Reads on. `new`: nothing more will come of this file, and there is another one under its name, or it was written anew. */
  async #more(): Promise<'more' | 'none' | 'new'> {
    const handle = this.#handle;
    if (handle === undefined) return 'none';
    const { size } = await handle.stat();
    const end = this.#position + this.#buffer.length;
    if (size < end || (size > end && !(await this.#isKnown(handle)))) {
      this.#say(`${this.#path} was truncated: reads it from its start`);
      this.#buffer.clear();
      return 'new';
    }
    if (size > end) {
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(this.#chunk), 0, this.#chunk, end);
      this.#buffer.add(buffer.subarray(0, bytesRead));
      // A line that is longer than what is read at once.
      this.#chunk = end > this.#position ? Math.min(this.#chunk * 2, largestChunk) : leastChunk;
      return bytesRead > 0 ? 'more' : 'none';
    }
    return this.#followRename(handle);
  }

  /** At the end of the file: is another one there under its name? */
  async #followRename(handle: FileHandle): Promise<'more' | 'none' | 'new'> {
    const [own, there] = await Promise.all([
      handle.stat({ bigint: true }),
      stat(this.#path, { bigint: true }).catch(() => undefined),
    ]);
    // An empty file may be one that its writer has not begun: what it still writes goes to the old one.
    if (there === undefined || (there.ino === own.ino && there.dev === own.dev) || there.size === 0n) return 'none';
    const next = await openIfThere(this.#path);
    if (next === undefined) return 'none';
    // Saved again as a whole, with the same beginning: goes on where it was.
    if (await this.#isKnown(next)) {
      await handle.close();
      this.#handle = next;
      this.#buffer.clear();
      return 'none';
    }
    await next.close();
    // What was written between the last look and the rename is the end of the old file.
    const { size } = await handle.stat();
    if (size > this.#position + this.#buffer.length) return 'more';
    this.#say(`${this.#path} was replaced: reads the new file from its start`);
    return 'new';
  }

  async #startOver(): Promise<void> {
    await this.close();
    this.#reset();
  }

  #reset(): void {
    this.#buffer.clear();
    this.#position = 0;
    this.#head = Buffer.alloc(0);
    this.#tail = Buffer.alloc(0);
    this.#mark = undefined;
  }

  #passed({ text, bytes }: Line): PlacedLine {
    this.#position += bytes.byteLength;
    if (this.#head.byteLength < markBytes)
      this.#head = Buffer.concat([this.#head, bytes.subarray(0, markBytes - this.#head.byteLength)]);
    this.#tail =
      bytes.byteLength >= markBytes
        ? Buffer.from(bytes.subarray(-markBytes))
        : Buffer.concat([this.#tail, bytes]).subarray(-markBytes);
    return { text, place: { position: this.#position, mark: markOf(this.#head, this.#tail) } };
  }

  /** Reads what the mark is made of at the start; false where the file is another. */
  async #takeUp(handle: FileHandle): Promise<boolean> {
    const { size } = await handle.stat();
    if (size < this.#position) return false;
    const { head, tail } = await this.#ends(handle);
    if (this.#mark !== undefined && markOf(head, tail) !== this.#mark) return false;
    [this.#head, this.#tail] = [head, tail];
    return true;
  }

  async #isKnown(handle: FileHandle): Promise<boolean> {
    const { size } = await handle.stat();
    if (size < this.#position) return false;
    const { head, tail } = await this.#ends(handle);
    return head.equals(this.#head) && tail.equals(this.#tail);
  }

  async #ends(handle: FileHandle): Promise<{ readonly head: Buffer; readonly tail: Buffer }> {
    const length = Math.min(markBytes, this.#position);
    const part = async (from: number): Promise<Buffer> => {
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(length), 0, length, from);
      return buffer.subarray(0, bytesRead);
    };
    return { head: await part(0), tail: await part(this.#position - length) };
  }
}

function markOf(head: Uint8Array, tail: Uint8Array): string {
  return createHash('sha256').update(head).update(tail).digest('base64url').slice(0, 16);
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
