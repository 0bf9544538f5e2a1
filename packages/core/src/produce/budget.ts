import { Fifo } from '../model/fifo.ts';
import type { Pending } from './batch.ts';

/**
 * Counts what a producer holds and lines up what does not fit: pure.
 * Strictly first come, first served, so that waiting never reorders the events of a key.
 */
export class Budget {
  readonly #maxEvents: number;
  readonly #maxBytes: number;
  readonly #line = new Fifo<{ readonly item: Pending; readonly blockedUntil: number }>();
  #events = 0;
  #bytes = 0;

  constructor(maxEvents: number, maxBytes: number) {
    this.#maxEvents = maxEvents;
    this.#maxBytes = maxBytes;
  }

  get events(): number {
    return this.#events;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get waiting(): number {
    return this.#line.length;
  }

  /** True if the item is counted in; else it waits in line. */
  admit(item: Pending, blockedUntil: number): boolean {
    if (this.#line.length === 0 && this.#fits(item)) {
      this.#count(item);
      return true;
    }
    item.state = 'line';
    this.#line.push({ item, blockedUntil });
    return false;
  }

  /** Room of one item comes free. */
  release(item: Pending): void {
    this.#events--;
    this.#bytes -= item.bytes;
  }

  /** The next in line that fits now, counted in. */
  next(): Pending | undefined {
    for (let head = this.#line.peek(); head !== undefined; head = this.#line.peek()) {
      if (head.item.settled) this.#line.shift();
      else if (this.#fits(head.item)) {
        this.#line.shift();
        this.#count(head.item);
        return head.item;
      } else return undefined;
    }
    return undefined;
  }

  /** When the first in line has waited long enough; `undefined` with nobody in line. */
  get firstBlockedUntil(): number | undefined {
    return this.#line.peek()?.blockedUntil;
  }

  /** Takes out everybody whose time is up. */
  *expired(now: number): Iterable<Pending> {
    for (let head = this.#line.peek(); head !== undefined && head.blockedUntil <= now; head = this.#line.peek()) {
      this.#line.shift();
      if (!head.item.settled) yield head.item;
    }
  }

  /** Takes out everybody. */
  *drain(): Iterable<Pending> {
    yield* this.expired(Infinity);
  }

  /** Forgets who is in line and has an answer already. */
  clearOut(): void {
    this.#line.keep(({ item }) => !item.settled);
  }

  *waitingItems(): Iterable<Pending> {
    for (const { item } of this.#line) yield item;
  }

  #fits(item: Pending): boolean {
    // An event larger than the whole budget passes alone: refusing it for ever would be a dead end.
    return this.#events === 0 || (this.#events < this.#maxEvents && this.#bytes + item.bytes <= this.#maxBytes);
  }

  #count(item: Pending): void {
    item.state = 'held';
    this.#events++;
    this.#bytes += item.bytes;
  }
}
