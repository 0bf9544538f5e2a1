import { balance } from '@isostream/core/adapter';
import type { Assignment, JoinResult } from '../client/wire.ts';

/** The name under which members agree on how partitions are shared; clients that do not know it cannot join. */
export const protocolName = 'isostream-cooperative';

/** What a member tells the leader at every join. */
export interface Claim {
  /** Partitions by topic that it still holds: being drained counts as held. */
  readonly owned: Readonly<Record<string, readonly number[]>>;
  /** The generation in which it got them; of two claims the newer one is true. */
  readonly generation: number;
  /** It is on its way out and takes nothing more. */
  readonly isLeaving: boolean;
  /** How many partitions each of its topics has, as it sees them; absent in claims of versions that did not tell. */
  readonly counts?: Readonly<Record<string, number>>;
}

/** More than any cluster gives one topic: a claim beyond it is none. */
const mostPartitions = 1_000_000;

export function encodeClaim(claim: Claim): Uint8Array {
  return Buffer.from(JSON.stringify(claim));
}

const noClaim: Claim = { owned: {}, generation: -1, isLeaving: false };

/** What a member claimed; nothing for bytes that are not a claim. */
export function decodeClaim(userData: Uint8Array): Claim {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(userData).toString('utf8'));
    return isClaim(parsed) ? parsed : noClaim;
  } catch {
    return noClaim;
  }
}

function isClaim(value: unknown): value is Claim {
  if (typeof value !== 'object' || value === null) return false;
  if (!('owned' in value && 'generation' in value && 'isLeaving' in value)) return false;
  const { owned, generation, isLeaving } = value;
  if (typeof owned !== 'object' || owned === null || typeof generation !== 'number' || typeof isLeaving !== 'boolean')
    return false;
  if ('counts' in value && !areCounts(value.counts)) return false;
  return Object.values(owned).every(
    (partitions: unknown) => Array.isArray(partitions) && partitions.every(Number.isInteger),
  );
}

function areCounts(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).every(
    (count: unknown) => typeof count === 'number' && Number.isInteger(count) && count >= 0 && count <= mostPartitions,
  );
}

/**
 * How many partitions the members' topics have, as those say who read them: the leader may read another topic, or may
 * not look at theirs. Who sees most is right: a broker that has not heard of new partitions yet tells of too few.
 */
export function countsOf(members: JoinResult['members']): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { subscription } of members) {
    const claimed = new Map(Object.entries(decodeClaim(subscription.userData).counts ?? {}));
    for (const topic of subscription.topics) {
      const count = claimed.get(topic);
      if (count !== undefined) counts.set(topic, Math.max(count, counts.get(topic) ?? 0));
    }
  }
  return counts;
}

/**
 * Shares the partitions of each topic between the members that read it: pure, run by the leader alone.
 *
 * Cooperative: a partition that somebody still holds is given to nobody else. Its holder finds it missing from its
 * assignment, drains it while the group goes on, and joins again without it; then it is handed on.
 */
export function assign(
  members: JoinResult['members'],
  partitions: ReadonlyMap<string, readonly number[]>,
): Map<string, Assignment> {
  const claims = new Map(members.map(({ memberId, subscription }) => [memberId, decodeClaim(subscription.userData)]));
  const assignments = new Map<string, Map<string, number[]>>(members.map(({ memberId }) => [memberId, new Map()]));
  for (const [topic, all] of partitions) {
    const holders = holdersOf(topic, claims);
    const held = new Map<string, string[]>();
    for (const { memberId, subscription } of members) {
      if (!subscription.topics.includes(topic) || claims.get(memberId)?.isLeaving === true) continue;
      held.set(memberId, all.filter((partition) => holders.get(partition) === memberId).map(String));
    }
    for (const [memberId, share] of balance(all.map(String), held)) {
      const free = share.map(Number).filter((partition) => (holders.get(partition) ?? memberId) === memberId);
      if (free.length > 0) assignments.get(memberId)?.set(topic, free);
    }
  }
  return assignments;
}

/** Who holds each partition, the newest claim first. */
function holdersOf(topic: string, claims: ReadonlyMap<string, Claim>): Map<number, string> {
  const newest = new Map<number, number>();
  const holders = new Map<number, string>();
  for (const [memberId, { owned, generation }] of claims) {
    for (const partition of owned[topic] ?? []) {
      if (generation <= (newest.get(partition) ?? -1)) continue;
      newest.set(partition, generation);
      holders.set(partition, memberId);
    }
  }
  return holders;
}
