import { Producers } from './producers.ts';
import type { NewEvent, StoredEvent } from './stored-event.ts';

/** Where a reader starts: behind a place or a time, or (`inclusive`) at it. */
export type StartPosition =
  | { readonly after: 'earliest' | 'latest' }
  | { readonly offset: number; readonly inclusive: boolean }
  | { readonly sequence: number; readonly inclusive: boolean }
  | { readonly timeMs: number };

const entryOverhead = 24;

/** One partition's events in memory, oldest first. */
export class PartitionLog {
  readonly id: string;
  readonly producers: Producers = new Producers();
  #events: StoredEvent[] = [];
  /** Events that were let go but are still in the array. */
  #dead = 0;
  #nextSequence = 0;
  #nextOffset = 0;
  #lastOffset = -1;
  #lastEnqueuedMs = 0;
  readonly #readers = new Set<() => void>();

  constructor(id: string) {
    this.id = id;
  }

  get beginSequence(): number {
    return this.#events[this.#dead]?.sequence ?? this.#nextSequence;
  }

  /** -1 while nothing was ever stored. */
  get lastSequence(): number {
    return this.#nextSequence - 1;
  }

  get lastOffset(): number {
    return this.#lastOffset;
  }

  get lastEnqueuedMs(): number {
    return this.#lastEnqueuedMs;
  }

  get isEmpty(): boolean {
    return this.#events.length === this.#dead;
  }

  /** Stores all of them with one time, which never runs backwards. */
  append(events: readonly NewEvent[], nowMs: number): StoredEvent[] {
    const enqueuedMs = Math.max(nowMs, this.#lastEnqueuedMs);
    const stored = events.map(({ partitionKey, annotations, annotationCount, rest }) => {
      const event = { partitionKey, annotations, annotationCount, rest };
      const entry = { ...event, sequence: this.#nextSequence, offset: this.#nextOffset, enqueuedMs };
      this.#nextSequence += 1;
      this.#lastOffset = this.#nextOffset;
      // Offsets are bytes, aligned: they grow with what is stored and nobody can count with them.
      this.#nextOffset += (entryOverhead + event.annotations.length + event.rest.length + 7) & ~7;
      this.#events.push(entry);
      return entry;
    });
    this.#lastEnqueuedMs = enqueuedMs;
    for (const wake of this.#readers) wake();
    return stored;
  }

  /** The sequence number that a reader from there gets first. */
  sequenceFrom(start: StartPosition): number {
    if ('after' in start) return start.after === 'earliest' ? this.beginSequence : this.#nextSequence;
    if ('sequence' in start) return Math.max(this.beginSequence, start.sequence + (start.inclusive ? 0 : 1));
    if ('timeMs' in start) return this.#first((event) => event.enqueuedMs > start.timeMs);
    return this.#first((event) => (start.inclusive ? event.offset >= start.offset : event.offset > start.offset));
  }

  /** The event with that number, or the oldest kept behind it. */
  at(sequence: number): StoredEvent | undefined {
    const index = Math.max(0, sequence - this.beginSequence);
    return this.#events[this.#dead + index];
  }

  /** Everything that is kept, oldest first. */
  events(): readonly StoredEvent[] {
    return this.#events.slice(this.#dead);
  }

  /** Lets go of everything in front of that sequence number. */
  trimBefore(sequence: number): void {
    while (!this.isEmpty && this.beginSequence < sequence) this.#dead += 1;
    this.#compact();
  }

  /** Lets go of everything that was stored before that time. */
  expireBefore(timeMs: number): void {
    for (let event = this.#events[this.#dead]; event !== undefined; event = this.#events[this.#dead]) {
      if (event.enqueuedMs >= timeMs) break;
      this.#dead += 1;
    }
    this.#compact();
  }

  /** Calls back whenever something was stored, until undone. */
  onAppend(wake: () => void): () => void {
    this.#readers.add(wake);
    return () => this.#readers.delete(wake);
  }

  #first(matches: (event: StoredEvent) => boolean): number {
    let low = this.#dead;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const event = this.#events[middle];
      if (event !== undefined && matches(event)) high = middle;
      else low = middle + 1;
    }
    return this.#events[low]?.sequence ?? this.#nextSequence;
  }

  #compact(): void {
    if (this.#dead < 1_024 && this.#dead < this.#events.length) return;
    this.#events = this.#events.slice(this.#dead);
    this.#dead = 0;
  }
}
