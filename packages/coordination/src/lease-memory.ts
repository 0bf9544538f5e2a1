import type { Lease } from './lease.ts';

/** A lease that somebody else than the group's members changed. */
export interface SetBack {
  readonly was: Lease;
  /** What is there in its place: an older copy, as a backup restores it, or nothing. */
  readonly is: Lease | undefined;
}

/**
 * The newest lease of each partition that this member has seen. Members never delete the lease of a partition that is
 * listed, and no write of theirs lowers a counter: what is missing or older was changed behind their backs.
 */
export class LeaseMemory {
  readonly #newest = new Map<string, Lease>();

  get leases(): ReadonlyMap<string, Lease> {
    return this.#newest;
  }

  /** Takes in all leases as they are stored, and tells which were set back. */
  look(listed: readonly Lease[]): readonly SetBack[] {
    const missing = new Set(this.#newest.keys());
    const setBack: SetBack[] = [];
    for (const lease of listed) {
      missing.delete(lease.partition);
      const was = this.#newest.get(lease.partition);
      if (was !== undefined && lease.counter < was.counter) setBack.push({ was, is: lease });
      else this.#newest.set(lease.partition, lease);
    }
    for (const partition of missing) {
      const was = this.#newest.get(partition);
      if (was !== undefined) setBack.push({ was, is: undefined });
    }
    return setBack;
  }

  /** Only these partitions exist: the leases of others may be deleted. */
  keepOnly(partitions: ReadonlySet<string>): void {
    for (const partition of this.#newest.keys()) if (!partitions.has(partition)) this.#newest.delete(partition);
  }
}
