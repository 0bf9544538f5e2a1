import type { Lease } from './lease.ts';

/** A lease, and for how long nobody has written it as far as this observer can tell. */
export interface SeenLease {
  readonly lease: Lease;
  readonly idleMs: number;
}

/** Times the counters of leases with the observer's own monotonic clock; nobody's time of day is compared. */
export class LeaseWatch {
  #seen = new Map<string, { readonly counter: number; readonly since: number }>();

  /**
   * Takes in a list that was asked for at `askedAt` and arrived at `arrivedAt`. Both ends err towards the owner: a new
   * counter counts from its arrival, and an old one is known to have stood still only until the list was asked for.
   */
  look(leases: readonly Lease[], askedAt: number, arrivedAt: number): SeenLease[] {
    const before = this.#seen;
    this.#seen = new Map();
    return leases.map((lease) => {
      const known = before.get(lease.partition);
      const seen = known?.counter === lease.counter ? known : { counter: lease.counter, since: arrivedAt };
      this.#seen.set(lease.partition, seen);
      return { lease, idleMs: Math.max(0, askedAt - seen.since) };
    });
  }
}
