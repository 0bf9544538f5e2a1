import type { Gap, EventPage } from '../contract/source.ts';
import type { StoredEvent } from '../model/encoded.ts';

/**
 * What an adapter has at hand and core has not taken, in stored order: events, and the gaps between them. Events that are made
 * when they are asked for are made one at a time, as core has room for them.
 */
export class EventBacklog {
  readonly #sources: Iterator<StoredEvent | Gap, unknown>[] = [];
  /** The first of all: it was made, and found no room. */
  #first: StoredEvent | Gap | undefined;

  /** Nothing is at hand. Makes the first event to tell. */
  get isEmpty(): boolean {
    return this.#peek() === undefined;
  }

  /** Puts events behind all that is at hand. */
  add(events: Iterable<StoredEvent>): void {
    this.#sources.push(events[Symbol.iterator]());
  }

  /** Puts a gap behind all that is at hand. */
  gap(gap: Gap): void {
    this.#sources.push([gap].values());
  }

  /** Hands over as much as there is room for, and keeps the rest. Returns the events that were handed over. */
  handTo(page: EventPage): readonly StoredEvent[] {
    const handed: StoredEvent[] = [];
    for (let next = this.#peek(); next !== undefined; next = this.#peek()) {
      if (!('position' in next)) page.gap(next);
      else if (page.add(next)) handed.push(next);
      else break;
      this.#first = undefined;
    }
    return handed;
  }

  /** Gives everything up. Returns the events that were at hand. */
  clear(): readonly StoredEvent[] {
    const events: StoredEvent[] = [];
    for (let next = this.#peek(); next !== undefined; next = this.#peek()) {
      if ('position' in next) events.push(next);
      this.#first = undefined;
    }
    return events;
  }

  #peek(): StoredEvent | Gap | undefined {
    for (let [source] = this.#sources; this.#first === undefined && source !== undefined; [source] = this.#sources) {
      const made = source.next();
      if (made.done === true) this.#sources.shift();
      else this.#first = made.value;
    }
    return this.#first;
  }
}
