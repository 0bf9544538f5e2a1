import {
  type Clock,
  type Duration,
  type Position,
  sleep,
  StreamError,
  systemClock,
  toMilliseconds,
} from '@isostream/core/adapter';
import { type CoordinatedPartition, freshLease, type Lease, takenBy } from './lease.ts';
import type { LeaseStore } from './lease-store.ts';

/** Where a group is put in one partition. */
export interface Placement extends CoordinatedPartition {
  readonly position: Position;
  /** The group counts as having read it to its end. */
  readonly isFinished?: boolean;
}

export interface PlaceGroupOptions {
  readonly store: LeaseStore;
  /** A name for who does it, unique for each call. */
  readonly member: string;
  readonly where: string;
  readonly what: string;
  /** As the group's members have it; default 10 s. */
  readonly sessionTimeout?: Duration;
  readonly clock?: Clock;
}

/**
 * Moves a group that has no members; other partitions stay where they are. Throws `conflict` while a member holds a lease,
 * or comes meanwhile; then nothing has moved, unless the store took longer than a lease lasts. Leases of crashed members
 * are waited for, until they have run out.
 */
export async function placeGroup(
  options: PlaceGroupOptions,
  placements: readonly Placement[],
  signal: AbortSignal,
): Promise<void> {
  const { store, member } = options;
  const free = await withoutOwners(options, signal);
  const placed = new Map(placements.map((placement) => [placement.partition, placement]));
  // All leases, not only those that move: a member that comes meanwhile must not start anywhere before all is done.
  const held: Lease[] = [];
  try {
    for (const lease of free) {
      const taken = takenBy(lease, member);
      if (!(await store.replace(taken, lease.counter, signal))) throw conflict(options);
      held.push(taken);
      placed.delete(lease.partition);
    }
    for (const placement of placed.values()) {
      const taken = takenBy(freshLease(placement, placement.position), member);
      if (!(await store.create(taken, signal))) throw conflict(options);
      held.push(taken);
    }
  } catch (thrown) {
    await letGo(store, held, signal);
    throw thrown;
  }
  const results = await letGo(store, held.map(moved(placements)), signal);
  if (results.includes(false)) throw conflict(options);
}

function moved(placements: readonly Placement[]): (lease: Lease) => Lease {
  const targets = new Map(placements.map((placement) => [placement.partition, placement]));
  return (lease) => {
    const target = targets.get(lease.partition);
    if (target === undefined) return lease;
    const { position, after = [], isFinished = false } = target;
    return { ...lease, position, after, isFinished };
  };
}

function letGo(store: LeaseStore, leases: readonly Lease[], signal: AbortSignal): Promise<boolean[]> {
  return Promise.all(
    leases.map((lease) =>
      store.replace({ ...lease, counter: lease.counter + 1, owner: undefined }, lease.counter, signal),
    ),
  );
}

/** All leases, as soon as none of them has an owner that lives. */
async function withoutOwners(options: PlaceGroupOptions, signal: AbortSignal): Promise<readonly Lease[]> {
  const { store, sessionTimeout = '10s', clock = systemClock } = options;
  const leaseMs = toMilliseconds(sessionTimeout, 'sessionTimeout');
  const first = await store.list(signal);
  if (first.every(({ owner }) => owner === undefined)) return first;
  const counters = new Map(first.map(({ partition, counter }) => [partition, counter]));
  for (let step = 0; step < 10; step++) {
    await sleep(clock, leaseMs / 10, signal);
    const now = await store.list(signal);
    if (now.some(({ partition, counter }) => counters.get(partition) !== counter)) throw conflict(options);
  }
  return first;
}

function conflict({ where, what }: PlaceGroupOptions): StreamError {
  return new StreamError('conflict', `${what} has members. Stop them first, then move the group`, { where });
}
