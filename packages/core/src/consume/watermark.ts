import type { Position } from '../model/encoded.ts';

/**
 * Knows how far it is safe to commit in one assignment: the longest run of settled events from the start. Pure.
 * Events are numbered in arrival order; positions are only handed back, never compared.
 */
export class Watermark {
  #positions: Position[] = [];
  #settled: boolean[] = [];
  /** Number of the event at index 0. */
  #first = 0;
  /** Index of the oldest unsettled event. */
  #head = 0;
  #highestSettled = -1;
  #unsettled = 0;
  #safe: Position | undefined;

  /** The next event of the assignment, unsettled; returns its number. */
  add(position: Position): number {
    this.#unsettled++;
    this.#settled.push(false);
    return this.#first + this.#positions.push(position) - 1;
  }

  settle(number: number): void {
    const index = number - this.#first;
    if (this.#settled[index] !== false) return;
    this.#settled[index] = true;
    this.#unsettled--;
    if (number > this.#highestSettled) this.#highestSettled = number;
    if (index !== this.#head) return;
    while (this.#settled[this.#head] === true) this.#safe = this.#positions[this.#head++];
    if (this.#head >= 1_024 && this.#head * 2 >= this.#positions.length) this.#compact();
  }

  /** The position up to which everything is settled; `undefined` before the first. */
  get safe(): Position | undefined {
    return this.#safe;
  }

  /** The number of the oldest unsettled event, or of the next to come. */
  get lowestUnsettled(): number {
    return this.#first + this.#head;
  }

  get unsettled(): number {
    return this.#unsettled;
  }

  /** How many events lie from the oldest unsettled to the newest settled one: what would come again after a crash. */
  get span(): number {
    return Math.max(0, this.#highestSettled + 1 - this.lowestUnsettled);
  }

  #compact(): void {
    this.#positions = this.#positions.slice(this.#head);
    this.#settled = this.#settled.slice(this.#head);
    this.#first += this.#head;
    this.#head = 0;
  }
}
