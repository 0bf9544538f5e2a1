import type { Position } from '@isostream/core/adapter';

/** A partition that a group may read, before anybody has a lease of it. */
export interface CoordinatedPartition {
  readonly partition: string;
  /** Partitions that have to be finished first, where one continues others. Absent means none. */
  readonly after?: readonly string[];
}

/**
 * What a group's members know of each other: one a partition, in a {@link LeaseStore}. It holds no time of day, because
 * no two machines agree on it: whoever looks times with a clock of its own how long a counter stood still.
 */
export interface Lease {
  readonly partition: string;
  /** Grows by one with every write of this lease; what compare-and-set compares. */
  readonly counter: number;
  /** The fencing token: the counter of the latest take, so it grows with each; 0 before the first. */
  readonly token: number;
  /** Who holds it: unique for each run of a member, so that a restarted member is another one. */
  readonly owner: string | undefined;
  /** The member that asked the owner for it. */
  readonly askedBy: string | undefined;
  /** Where the group goes on. */
  readonly position: Position;
  /** Partitions that have to be finished, or to have no lease any more, before this one is read. */
  readonly after: readonly string[];
  /** Read to its end, with everything settled; never handed out again. */
  readonly isFinished: boolean;
}

/** The lease of a partition that nobody has read. */
export function freshLease({ partition, after = [] }: CoordinatedPartition, position: Position): Lease {
  return { partition, counter: 0, token: 0, owner: undefined, askedBy: undefined, position, after, isFinished: false };
}

/** The lease in the hands of a new owner: the counter of this write is its token. */
export function takenBy(lease: Lease, owner: string): Lease {
  const counter = lease.counter + 1;
  return { ...lease, counter, token: counter, owner, askedBy: undefined };
}

/**
 * What its owner has to think of a lease that it finds in place of the one that it wrote last: still its own, taken by
 * another, or put there by somebody who is not a member, because tokens and counters only grow.
 */
export function standingOf(found: Lease | undefined, written: Lease): 'own' | 'taken' | 'set-back' {
  if (found === undefined || found.token < written.token) return 'set-back';
  // Whoever its owner seems to be: members never write a lower counter.
  if (found.token === written.token && found.counter < written.counter) return 'set-back';
  // The same assignment, not only the same member: what an earlier one still sends must not pass for this one.
  return found.owner === written.owner && found.token === written.token ? 'own' : 'taken';
}

/** Whether the partition may be read now: it has not ended, and nothing that it continues is still to be read. */
export function isReadable(lease: Lease, leases: ReadonlyMap<string, Lease>): boolean {
  return !lease.isFinished && lease.after.every((earlier) => leases.get(earlier)?.isFinished !== false);
}
