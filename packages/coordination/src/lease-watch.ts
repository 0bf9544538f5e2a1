import type { Lease } from './lease.ts';

/** A lease, and for how long nobody has written it as far as this observer can tell. */
export interface SeenLease {
  readonly lease: Lease;
  readonly idleMs: number;
}

interface Known {
  readonly lease: Lease;
  readonly since: number;
}

/** Times the counters of leases with the observer's own monotonic clock; nobody's time of day is compared. */
export class LeaseWatch {
  #known = new Map<string, Known>();
  #askedAt = -Infinity;

  /** A list is asked for, and may not come: what had run out by then does not make the next look an immediate one. */
  ask(askedAt: number): void {
    this.#askedAt = askedAt;
  }

  /**
   * Takes in a list that was asked for at `askedAt` and arrived at `arrivedAt`. Both ends err towards the owner: a new
   * counter counts from its arrival, and an old one is known to have stood still only until the list was asked for.
   */
  look(leases: readonly Lease[], askedAt: number, arrivedAt: number): SeenLease[] {
    const before = this.#known;
    this.#askedAt = askedAt;
    this.#known = new Map();
    return leases.map((lease) => {
      const known = before.get(lease.partition);
      const since = known !== undefined && stoodStill(known.lease, lease) ? known.since : arrivedAt;
      this.#known.set(lease.partition, { lease, since });
      return { lease, idleMs: Math.max(0, askedAt - since) };
    });
  }

  /** How long from `now` until a lease of another owner has run out that had not at the last look, if it is not written before. */
  untilExpiry(member: string, leaseMs: number, now: number): number {
    let least = Infinity;
    for (const { lease, since } of this.#known.values()) {
      const expiry = since + leaseMs;
      // What ran out while the list was under way was alive when that was asked for.
      if (lease.owner !== undefined && lease.owner !== member && expiry > this.#askedAt)
        least = Math.min(least, Math.max(0, expiry - now));
    }
    return least;
  }
}

/** Nothing was written but what another member asked for: that says nothing about the life of the owner. */
function stoodStill(before: Lease, now: Lease): boolean {
  const writes = now.counter - before.counter - (now.askedBy === before.askedBy ? 0 : 1);
  return writes === 0 && now.owner === before.owner && now.token === before.token;
}
