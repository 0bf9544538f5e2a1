import { Chain } from '../model/chain.ts';
import { Deadlines } from './deadlines.ts';
import type { Pending } from './pending.ts';

/**
 * Counts what a producer holds and lines up what does not fit: pure.
 * Strictly first come, first served, so that waiting never reorders the events of a key.
 */
export class Budget {
  readonly #maxEvents: number;
  readonly #maxBytes: number;
  readonly #line = new Chain<Pending>();
  readonly #blocked = new Deadlines();
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

  /** Everybody who waits for room, first come first. */
  get line(): Iterable<Pending> & { readonly length: number } {
    return this.#line;
  }

  /** True if the item is counted in; else it waits in line. */
  admit(item: Pending, now: number): boolean {
    if (this.#line.length === 0 && this.#fits(item)) {
      this.#count(item);
      return true;
    }
    this.#line.push(item.place);
    this.#blocked.add(item, item.blockMs, now + item.blockMs);
    return false;
  }

  /** Room of one item comes free, if it had any. */
  release(item: Pending): void {
    if (!item.hasRoom) return;
    item.hasRoom = false;
    this.#events--;
    this.#bytes -= item.bytes;
  }

  /** The next in line that fits now, counted in. */
  next(): Pending | undefined {
    const head = this.#line.first;
    if (head === undefined || !this.#fits(head)) return undefined;
    head.place.unlink();
    head.due.unlink();
    this.#count(head);
    return head;
  }

  /** When the first of those in line has waited long enough; `undefined` with nobody in line. */
  get firstBlockedUntil(): number | undefined {
    return this.#blocked.first;
  }

  /** Everybody in line whose time is up, in the order in which they came. */
  expired(now: number): readonly Pending[] {
    return this.#blocked.take(now);
  }

  #fits(item: Pending): boolean {
    // An event larger than the whole budget passes alone: refusing it for ever would be a dead end.
    return this.#events === 0 || (this.#events < this.#maxEvents && this.#bytes + item.bytes <= this.#maxBytes);
  }

  #count(item: Pending): void {
    item.hasRoom = true;
    this.#events++;
    this.#bytes += item.bytes;
  }
}
