import { balance } from '@isostream/core/adapter';
import { isReadable, type Lease } from './lease.ts';
import type { SeenLease } from './lease-watch.ts';

/** What a member knows when it decides. */
export interface Situation {
  readonly member: string;
  readonly leaseMs: number;
  readonly seen: readonly SeenLease[];
  /** The partitions that this member really holds, also those that it is about to hand over. */
  readonly held: ReadonlySet<string>;
}

/** What a member does next. */
export interface Plan {
  /** Leases that nobody holds. */
  readonly take: readonly Lease[];
  /** Leases of others that should be handed over. */
  readonly ask: readonly Lease[];
  /** Whether something is on its way to this member, so that it is worth to look again soon. */
  readonly isWaiting: boolean;
}

/**
 * What this member should take and ask for. Pure: every member computes the same shares from the same leases, with
 * {@link balance}, and moves only what its own share lacks.
 *
 * A lease counts for whoever asked for it, else for its owner; a member is seen by its claims, so one that claims nothing
 * is known to itself alone until it takes or asks. Where two views differ for a moment, compare-and-set lets one win.
 */
export function plan({ member, leaseMs, seen, held }: Situation): Plan {
  const all = new Map(seen.map(({ lease }) => [lease.partition, lease]));
  const readable = seen
    .filter(({ lease }) => isReadable(lease, all))
    .toSorted((a, b) => (a.lease.partition < b.lease.partition ? -1 : 1));
  const claims = new Map<string, string[]>([[member, []]]);
  const isFree = ({ lease, idleMs }: SeenLease): boolean =>
    lease.owner === undefined || (lease.owner === member ? !held.has(lease.partition) : idleMs >= leaseMs);
  for (const one of readable) {
    const { askedBy, owner, partition } = one.lease;
    // What was released for somebody is kept for as long as an owner would be believed to live.
    const claimant = isFree(one) ? (one.idleMs < leaseMs ? askedBy : undefined) : (askedBy ?? owner);
    if (claimant === undefined) continue;
    const claimed = claims.get(claimant);
    if (claimed === undefined) claims.set(claimant, [partition]);
    else claimed.push(partition);
  }
  const share = new Set(
    balance(
      readable.map(({ lease }) => lease.partition),
      claims,
    ).get(member),
  );

  const take: Lease[] = [];
  const ask: Lease[] = [];
  let isWaiting = false;
  for (const one of readable) {
    const { lease, idleMs } = one;
    const isMine = share.has(lease.partition);
    // Whoever should have taken it by now does not; better one too many here than a partition that nobody reads.
    if (isFree(one) && (isMine || idleMs >= 2 * leaseMs)) take.push(lease);
    else if (isMine && lease.owner !== member) {
      isWaiting = true;
      if (lease.askedBy === undefined) ask.push(lease);
    }
  }
  return { take, ask, isWaiting };
}
