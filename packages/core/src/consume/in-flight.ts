import type { Room } from '../contract/source.ts';
import { sizeOf, type StoredEvent } from '../model/encoded.ts';

/** Counts what one consumer holds: never more events than its limit, and more bytes only for one event that is alone. */
export class InFlight {
  readonly #maxEvents: number;
  readonly #maxBytes: number;
  events = 0;
  bytes = 0;

  constructor(maxEvents: number, maxBytes: number) {
    this.#maxEvents = maxEvents;
    this.#maxBytes = maxBytes;
  }

  /** Less than a quarter is free. */
  get isTight(): boolean {
    return (this.#maxEvents - this.events) * 4 < this.#maxEvents;
  }

  /** An event larger than the whole budget passes alone: refusing it for ever would be a dead end. */
  fits(bytes: number): boolean {
    return this.events === 0 || (this.events < this.#maxEvents && this.bytes + bytes <= this.#maxBytes);
  }

  add(bytes: number): void {
    this.events++;
    this.bytes += bytes;
  }

  remove(bytes: number): void {
    this.events--;
    this.bytes -= bytes;
  }
}

/** One lane's access to what its consumer has room for. Events are counted when they are taken: lanes share the room. */
export class LaneRoom implements Room {
  readonly #inFlight: InFlight;
  /** Sizes of what was taken by the present read, in order. */
  sizes: number[] = [];
  /** Size of the event that found no room. */
  refused = 0;

  constructor(inFlight: InFlight) {
    this.#inFlight = inFlight;
  }

  /** The next read may find something to take. */
  get isOpen(): boolean {
    return this.#inFlight.fits(this.refused);
  }

  take(event: StoredEvent): boolean {
    const bytes = sizeOf(event);
    if (!this.#inFlight.fits(bytes)) {
      this.refused = bytes;
      return false;
    }
    this.refused = 0;
    this.#inFlight.add(bytes);
    this.sizes.push(bytes);
    return true;
  }

  /** The read is over, and what it took is whoever's who asks. */
  claim(): readonly number[] {
    const { sizes } = this;
    this.sizes = [];
    return sizes;
  }

  /** What was taken goes to nobody; `true` if that was anything. */
  giveBack(): boolean {
    const sizes = this.claim();
    for (const bytes of sizes) this.#inFlight.remove(bytes);
    return sizes.length > 0;
  }
}
