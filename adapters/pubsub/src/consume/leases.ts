import type { StoredEvent } from '@isostream/core/adapter';

/** One event that the service has handed to this member and no other. */
export interface Lease {
  readonly event: StoredEvent;
  /** By which it is settled; another one with each delivery. */
  ackId: string;
  /** Monotonic time until which the service keeps it from other members at least. */
  until: number;
}

/** What a member holds, in the order it came: pure. */
export class Leases {
  readonly #held = new Map<string, Lease>();
  #until = Infinity;

  get size(): number {
    return this.#held.size;
  }

  /** Until when all of them are surely held; may be earlier than need be, until {@link Leases.extended}. */
  get until(): number {
    return this.#until;
  }

  get all(): readonly Lease[] {
    return [...this.#held.values()];
  }

  find(event: StoredEvent): Lease | undefined {
    return this.#held.get(event.position);
  }

  /** `false` for an event that is held already: it was delivered twice, and only the later delivery can be settled. */
  add(event: StoredEvent, ackId: string, until: number): boolean {
    if (until < this.#until) this.#until = until;
    const known = this.#held.get(event.position);
    if (known === undefined) {
      this.#held.set(event.position, { event, ackId, until });
      return true;
    }
    known.ackId = ackId;
    known.until = until;
    return false;
  }

  /** The service keeps these until then; what was let go meanwhile stays so. */
  extended(leases: readonly Lease[], until: number): void {
    for (const lease of leases) lease.until = until;
    this.#until = Infinity;
    for (const lease of this.#held.values()) if (lease.until < this.#until) this.#until = lease.until;
  }

  /** Settled under this ack id; `false` if it was delivered again meanwhile and has to be settled again. */
  remove(event: StoredEvent, ackId: string): boolean {
    const lease = this.#held.get(event.position);
    if (lease === undefined) return true;
    if (lease.ackId !== ackId) return false;
    this.#held.delete(event.position);
    if (this.#held.size === 0) this.#until = Infinity;
    return true;
  }

  clear(): void {
    this.#held.clear();
    this.#until = Infinity;
  }
}
