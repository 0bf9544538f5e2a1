import type { Gap, EventPage } from '../contract/source.ts';
import { sizeOf, type StoredEvent } from '../model/encoded.ts';
import type { Room } from './in-flight.ts';

/** What one read of an assignment hands over. Each event has its room from the moment it is added. */
export class ReadPage implements EventPage {
  isEnd: boolean = false;
  readonly #room: Room;
  readonly #events: StoredEvent[] = [];
  readonly #sizes: number[] = [];
  /** Each with the number of events before it. */
  readonly #gaps: { readonly before: number; readonly gap: Gap }[] = [];
  /** So many of the events are somebody's. */
  #claimed = 0;
  #isOver = false;

  constructor(room: Room) {
    this.#room = room;
  }

  get room(): number {
    return this.#isOver ? 0 : this.#room.free;
  }

  add(event: StoredEvent): boolean {
    const bytes = sizeOf(event);
    if (this.#isOver || !this.#room.take(bytes)) return false;
    this.#events.push(event);
    this.#sizes.push(bytes);
    return true;
  }

  gap(gap: Gap): void {
    if (this.#isOver) return;
    this.#gaps.push({ before: this.#events.length, gap });
  }

  end(): void {
    this.isEnd = true;
  }

  /** Hands on what was added, in order; the room of each event is then the receiver's to give back. Stops where it says `false`. */
  claim(event: (stored: StoredEvent, bytes: number) => void, gap: (gap: Gap) => boolean): void {
    for (const { before, gap: next } of this.#gaps) {
      this.#claimUpTo(before, event);
      if (!gap(next)) return;
    }
    this.#claimUpTo(this.#events.length, event);
  }

  /** Events that nobody claimed, until the page is closed. */
  get unclaimed(): readonly StoredEvent[] {
    return this.#events.slice(this.#claimed);
  }

  /**
   * The read is over: nothing is taken any more, and what nobody claimed is given back. `true` if others may find room now.
   * The page lets go of its events, for whoever read them may sleep for long before the next one. Idempotent.
   */
  close(): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    const unclaimed = this.#sizes.slice(this.#claimed);
    this.#claimed = 0;
    for (const list of [this.#events, this.#sizes, this.#gaps]) list.length = 0;
    return this.#room.endRead(unclaimed);
  }

  #claimUpTo(count: number, event: (stored: StoredEvent, bytes: number) => void): void {
    while (this.#claimed < count) {
      const index = this.#claimed++;
      const stored = this.#events[index];
      if (stored !== undefined) event(stored, this.#sizes[index] ?? 0);
    }
  }
}
