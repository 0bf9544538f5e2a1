import { closeSync, openSync, readFileSync, truncateSync, writeSync } from 'node:fs';
import { deserialize, serialize } from 'node:v8';
import type { Change } from './changes.ts';

const lengthBytes = 4;

/**
 * A namespace's changes in a file, so that the next process goes on where one was killed. Each is handed to the system
 * before a client hears of it: a killed process loses nothing, a machine without power may.
 */
export class Journal {
  readonly #file: number;
  #isClosed = false;

  private constructor(file: number) {
    this.#file = file;
  }

  /** Hands over every change that the file holds; a last one that was cut off is dropped. */
  static open(path: string, replay: (change: Change) => void): Journal {
    const file = openSync(path, 'a');
    const bytes = readFileSync(path);
    let at = 0;
    while (at + lengthBytes <= bytes.length) {
      const end = at + lengthBytes + bytes.readUInt32BE(at);
      if (end > bytes.length) break;
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- nobody else writes this file
      replay(deserialize(bytes.subarray(at + lengthBytes, end)) as Change);
      at = end;
    }
    truncateSync(path, at);
    return new Journal(file);
  }

  append(change: Change): void {
    const content = serialize(change);
    const entry = Buffer.alloc(lengthBytes + content.length);
    entry.writeUInt32BE(content.length);
    content.copy(entry, lengthBytes);
    let at = 0;
    while (at < entry.length) at += writeSync(this.#file, entry, at);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    closeSync(this.#file);
  }
}
