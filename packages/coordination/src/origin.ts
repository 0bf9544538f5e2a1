import type { Position } from '@isostream/core/adapter';
import type { CoordinatedPartition, Lease } from './lease.ts';

/** What a partition that has no lease is to its group; it decides where the group starts in it. */
export type Origin =
  /** As old as the group: it starts where the group was told to start. */
  | { readonly kind: 'with-group' }
  /** It appeared after the group had started: all of it is for the group. */
  | { readonly kind: 'later' }
  /**
   * It appeared while the group was starting, and continues partitions in which the group starts at these positions: all
   * of it that can be for the group is.
   */
  | { readonly kind: 'continues'; readonly positions: readonly Position[] };

/**
 * Follows from the leases alone, so that it does not matter who discovers a partition, when, or in which order: pure.
 * `leases` has to have those of all partitions that this one continues, as they are stored.
 *
 * A member takes leases only after it has given one to every partition that it found. So a lease that was ever taken shows
 * that the group had started before this partition appeared. Until then members may still be giving the first leases, each
 * from a list of its own, and what a partition continues tells: a lease that is finished before anybody read it stands
 * for a partition that had ended, and was continued by this one, when the group came.
 */
export function originOf({ after = [] }: CoordinatedPartition, leases: ReadonlyMap<string, Lease>): Origin {
  for (const { token } of leases.values()) if (token > 0) return { kind: 'later' };
  const positions = after.flatMap((earlier) => {
    const lease = leases.get(earlier);
    return lease === undefined || lease.isFinished ? [] : [lease.position];
  });
  return positions.length > 0 ? { kind: 'continues', positions } : { kind: 'with-group' };
}

/**
 * The partitions without a lease that can be given one now: those that continue none without a lease. Empty when all have
 * one, and where partitions continue each other in a circle.
 */
export function nextMissing(
  partitions: readonly CoordinatedPartition[],
  leases: ReadonlyMap<string, Lease>,
): readonly CoordinatedPartition[] {
  const missing = partitions.filter(({ partition }) => !leases.has(partition));
  const names = new Set(missing.map(({ partition }) => partition));
  // No lease counts as read: a partition gets its own only after those that it has to wait for.
  return missing.filter(({ after = [] }) => !after.some((earlier) => names.has(earlier)));
}
