import type { Page } from '../store.ts';

/**
 * Up to where a relay has nothing to read any more. Without it each read would pass over every row that was deleted and not
 * vacuumed yet, which an old transaction elsewhere can make all of them.
 *
 * A place is safe once every transaction that was under way when it was read is over, and a later read that began at the same
 * mark was sent whole: rows may be numbered before others that commit earlier.
 */
export class LowMark {
  #mark = '0';
  #resets = 0;
  #next: { readonly mark: string; readonly transactions: bigint } | undefined;

  /** Where the next read begins. */
  get mark(): string {
    return this.#mark;
  }

  /** What {@link passed} needs to know of a read that begins now. */
  get beginning(): number {
    return this.#resets;
  }

  /** All rows of this page are gone from the outbox; `isFull` if there may be more behind it. What was read before the last reset says nothing of the rows that it is for. */
  passed({ rows, oldest, next }: Page, beginning: number, isFull = false): void {
    if (beginning !== this.#resets) return;
    const last = rows.at(-1);
    // Behind its last row a full page says nothing.
    const reaches = (mark: string): boolean => !isFull || (last !== undefined && BigInt(last.seq) >= BigInt(mark));
    if (this.#next !== undefined && oldest >= this.#next.transactions && reaches(this.#next.mark)) {
      this.#mark = this.#next.mark;
      this.#next = undefined;
    }
    if (this.#next === undefined && last !== undefined) this.#next = { mark: last.seq, transactions: next };
  }

  /** Reads all again: there are rows that this relay has not looked for, or may have missed. */
  reset(): void {
    this.#resets++;
    this.#mark = '0';
    this.#next = undefined;
  }
}
