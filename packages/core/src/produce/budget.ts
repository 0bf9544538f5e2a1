import { Fifo } from '../model/fifo.ts';
import type { Pending } from './batch.ts';
import { Expiries } from './expiries.ts';

/**
 * Counts what a producer holds and lines up what does not fit: pure.
 * Strictly first come, first served, so that waiting never reorders the events of a key.
 */
export class Budget {
  readonly #maxEvents: number;
  readonly #maxBytes: number;
  readonly #line = new Fifo<Pending>();
  readonly #blocked = new Expiries<Pending>();
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
  admit(item: Pending, now: number): boolean {
    if (this.#line.length === 0 && this.#fits(item)) {
      this.#count(item);
      return true;
    }
    item.state = 'line';
    this.#line.push(item);
    this.#blocked.add(item, item.blockMs, now + item.blockMs);
    return false;
  }

  /** Room of one item comes free. */
  release(item: Pending): void {
    this.#events--;
    this.#bytes -= item.bytes;
  }

  /** An item in line waits no more. */
  leaveLine(item: Pending): void {
    this.#blocked.delete(item, item.blockMs);
  }

  /** The next in line that fits now, counted in. */
  next(): Pending | undefined {
    for (let head = this.#line.peek(); head !== undefined; head = this.#line.peek()) {
      if (!head.settled && !this.#fits(head)) return undefined;
      this.#line.shift();
      if (head.settled) continue;
      this.leaveLine(head);
      this.#count(head);
      return head;
    }
    return undefined;
  }

  /** When the first of those in line has waited long enough; `undefined` with nobody in line. */
  get firstBlockedUntil(): number | undefined {
    return this.#blocked.first;
  }

  /** Everybody in line whose time is up, oldest first. */
  expired(now: number): readonly Pending[] {
    return this.#blocked.take(now).toSorted((one, other) => one.order - other.order);
  }

  /** Everybody in line. */
  drain(): readonly Pending[] {
    return this.expired(Infinity);
  }

  /** Forgets who is in line and has an answer already. */
  clearOut(): void {
    this.#line.keep(({ settled }) => !settled);
  }

  *waitingItems(): Iterable<Pending> {
    yield* this.#line;
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
