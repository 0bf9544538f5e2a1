import type { Room } from '../contract/source.ts';
import { sizeOf, type StoredEvent } from '../model/encoded.ts';

/** Counts what one consumer holds: never more events than its limit, and more bytes only for one event that is alone. */
export class InFlight {
  readonly #maxEvents: number;
  readonly #maxBytes: number;
  readonly #emptied: () => void;
  events = 0;
  bytes = 0;
  /** Whoever has an event larger than the whole budget: nobody else takes anything until it had its turn alone. */
  #first: LaneRoom | undefined;

  constructor(maxEvents: number, maxBytes: number, emptied: () => void = () => undefined) {
    this.#maxEvents = maxEvents;
    this.#maxBytes = maxBytes;
    this.#emptied = emptied;
  }

  /** Events that find room, if they are small enough. */
  get free(): number {
    return this.#maxEvents - this.events;
  }

  /** Less than a quarter is free. */
  get isTight(): boolean {
    return this.free * 4 < this.#maxEvents;
  }

  /** An event larger than the whole budget passes alone: refusing it for ever would be a dead end. */
  fits(bytes: number, lane: LaneRoom): boolean {
    if (this.#first !== undefined && this.#first !== lane) return false;
    return this.events === 0 || (this.events < this.#maxEvents && this.bytes + bytes <= this.#maxBytes);
  }

  /** The lane's next event found no room. */
  refuse(bytes: number, lane: LaneRoom): void {
    if (bytes > this.#maxBytes) this.#first ??= lane;
  }

  /** The lane had its turn, or wants none any more. */
  yield(lane: LaneRoom): void {
    if (this.#first === lane) this.#first = undefined;
  }

  add(bytes: number): void {
    this.events++;
    this.bytes += bytes;
  }

  remove(bytes: number): void {
    this.events--;
    this.bytes -= bytes;
    if (this.events === 0) this.#emptied();
  }
}

/** One lane's access to what its consumer has room for. Events are counted when they are taken: lanes share the room. */
export class LaneRoom implements Room {
  readonly #inFlight: InFlight;
  /** Sizes of what was taken by the present read, in order. */
  sizes: number[] = [];
  /** Size of the event that found no room. */
  refused = 0;
  /** The present read had an event at hand. */
  #wasAsked = false;

  constructor(inFlight: InFlight) {
    this.#inFlight = inFlight;
  }

  /** The next read may find something to take. */
  get isOpen(): boolean {
    return this.#inFlight.fits(this.refused, this);
  }

  get events(): number {
    return this.#inFlight.free;
  }

  take(event: StoredEvent): boolean {
    const bytes = sizeOf(event);
    this.#wasAsked = true;
    if (!this.#inFlight.fits(bytes, this)) {
      this.refused = bytes;
      this.#inFlight.refuse(bytes, this);
      return false;
    }
    this.refused = 0;
    this.#inFlight.yield(this);
    this.#inFlight.add(bytes);
    this.sizes.push(bytes);
    return true;
  }

  /** The lane is not read any more. */
  close(): void {
    this.#inFlight.yield(this);
  }

  /** What the read took is whoever's who asks. */
  claim(): readonly number[] {
    const { sizes } = this;
    this.sizes = [];
    return sizes;
  }

  /** The read is over: what nobody claimed is given back. `true` if others may find room now. */
  endRead(): boolean {
    const sizes = this.claim();
    for (const bytes of sizes) this.#inFlight.remove(bytes);
    // Retention may have removed the event that found no room: a turn that nobody takes would keep all others waiting.
    const isGone = this.refused > 0 && !this.#wasAsked;
    this.#wasAsked = false;
    if (!isGone) return sizes.length > 0;
    this.refused = 0;
    this.#inFlight.yield(this);
    return true;
  }
}
