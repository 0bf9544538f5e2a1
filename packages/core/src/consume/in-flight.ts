/** Counts what one consumer holds: never more events than its limit, and more bytes only for one event that is alone. */
export class InFlight {
  readonly #maxEvents: number;
  readonly #maxBytes: number;
  readonly #emptied: () => void;
  events = 0;
  bytes = 0;
  /** Whoever has an event larger than the whole budget: nobody else takes anything until it had its turn alone. */
  #first: Room | undefined;

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
  fits(bytes: number, room: Room): boolean {
    if (this.#first !== undefined && this.#first !== room) return false;
    return this.events === 0 || (this.events < this.#maxEvents && this.bytes + bytes <= this.#maxBytes);
  }

  /** The next event of an assignment found no room. */
  refuse(bytes: number, room: Room): void {
    if (bytes > this.#maxBytes) this.#first ??= room;
  }

  /** An assignment had its turn, or wants none any more. */
  yield(room: Room): void {
    if (this.#first === room) this.#first = undefined;
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

/** One assignment's access to what its consumer has room for. Events are counted as they are added: assignments share the room. */
export class Room {
  readonly #inFlight: InFlight;
  /** Size of the event that found no room. */
  #refused = 0;
  /** The present read had an event at hand. */
  #wasAsked = false;
  #isClosed = false;

  constructor(inFlight: InFlight) {
    this.#inFlight = inFlight;
  }

  /** The next read may find something to add. */
  get isOpen(): boolean {
    return this.#inFlight.fits(this.#refused, this);
  }

  get free(): number {
    return this.#inFlight.free;
  }

  take(bytes: number): boolean {
    this.#wasAsked = true;
    if (!this.#inFlight.fits(bytes, this)) {
      this.#refused = bytes;
      // A read may end after its assignment: a turn that nobody takes would keep all others waiting.
      if (!this.#isClosed) this.#inFlight.refuse(bytes, this);
      return false;
    }
    this.#refused = 0;
    this.#inFlight.yield(this);
    this.#inFlight.add(bytes);
    return true;
  }

  /** The assignment is not read any more. */
  close(): void {
    this.#isClosed = true;
    this.#inFlight.yield(this);
  }

  /** A read is over: gives back what it took and nobody claimed. `true` if others may find room now. */
  endRead(unclaimed: readonly number[]): boolean {
    for (const bytes of unclaimed) this.#inFlight.remove(bytes);
    // Retention may have removed the event that found no room: a turn that nobody takes would keep all others waiting.
    const isGone = this.#refused > 0 && !this.#wasAsked;
    this.#wasAsked = false;
    if (!isGone) return unclaimed.length > 0;
    this.#refused = 0;
    this.#inFlight.yield(this);
    return true;
  }
}
