import { type GroupMember, type PartitionLag, StreamError, type Streams } from '@isostream/core';

/**
 * How a group is. `idle`: nothing to do. `behind`: something to do, seen once. With more than one look: `working`, `falling behind`
 * (it works, and its lag grows), `stuck` (something to do, and nothing moves). `stopped`: something to do, and no members.
 */
export type GroupState =
  | 'idle'
  | 'behind'
  | 'working'
  | 'falling behind'
  | 'stuck'
  | 'stopped'
  | 'no position yet'
  | 'unknown';

/** A group in one partition. */
export interface PartitionView {
  readonly partition: string;
  /** Stored events that are not committed; `null` where that cannot be counted. */
  readonly events: number | null;
  /** Age of the oldest of them; `null` where it is not known. */
  readonly oldestMs: number | null;
  /** `null` where the group has no position. */
  readonly committed: string | null;
  readonly end: string | null;
  /** The id of the member that holds it; `null` where nobody does, or nobody tells. */
  readonly member: string | null;
}

/** A member of a group. */
export interface MemberView {
  readonly id: string;
  readonly clientId: string | null;
  readonly host: string | null;
  readonly partitions: readonly string[];
}

/** A group on one topic, as it was found at one time. */
export interface GroupView {
  readonly topic: string;
  readonly group: string;
  /** When it was looked at, as an ISO time. */
  readonly at: string;
  readonly state: GroupState;
  /** Over all partitions; `null` where that cannot be counted. */
  readonly events: number | null;
  /** Age of the oldest event that is not committed; `null` where it is not known. */
  readonly oldestMs: number | null;
  readonly partitions: readonly PartitionView[];
  /** `null` where nobody tells. */
  readonly members: readonly MemberView[] | null;
  /** Why something is `null`, by what it is. */
  readonly unknown: { readonly lag?: string; readonly members?: string };
}

/** Looks at one group. What the service does not tell is `null`, with the reason; only a topic that does not exist is an error. */
export async function lookAtGroup(
  { admin }: Pick<Streams, 'admin'>,
  topic: string,
  group: string,
  signal?: AbortSignal,
  now: () => number = Date.now,
): Promise<GroupView> {
  const options = signal === undefined ? {} : { signal };
  const [lag, members] = await Promise.all([
    orWhy(() => admin.lag(topic, group, options)),
    orWhy(() => admin.members(topic, group, options)),
  ]);
  const found = members.value?.map(memberView) ?? null;
  const holders = new Map(found?.flatMap(({ id, partitions: held }) => held.map((name) => [name, id] as const)));
  const partitions = (lag.value ?? []).map((each) => partitionView(each, holders));
  const events = lag.value === undefined ? null : sum(partitions.map((each) => each.events));
  const oldestMs = lag.value === undefined ? null : largest(partitions.map((each) => each.oldestMs));
  const view = { topic, group, at: new Date(now()).toISOString(), events, oldestMs, partitions, members: found };
  return {
    ...view,
    state: stateSeenOnce(view),
    unknown: {
      ...(lag.why === undefined ? {} : { lag: lag.why }),
      ...(members.why === undefined ? {} : { members: members.why }),
    },
  };
}

/** Whether there is something to do, as far as one look tells. Pure. */
export function stateSeenOnce({
  partitions,
  events,
  oldestMs,
  members,
}: Pick<GroupView, 'partitions' | 'events' | 'oldestMs' | 'members'>): GroupState {
  if (events === null && oldestMs === null) return 'unknown';
  if (partitions.every(({ committed }) => committed === null)) return 'no position yet';
  if (events === 0 || (events === null && oldestMs === 0)) return 'idle';
  return members?.length === 0 ? 'stopped' : 'behind';
}

function partitionView(
  { partition, events, ms, committed, end }: PartitionLag,
  holders: ReadonlyMap<string, string>,
): PartitionView {
  return {
    partition,
    events: events ?? null,
    oldestMs: ms ?? null,
    committed: committed ?? null,
    end: end ?? null,
    member: holders.get(partition) ?? null,
  };
}

function memberView({ id, clientId, host, partitions }: GroupMember): MemberView {
  return { id, clientId: clientId ?? null, host: host ?? null, partitions };
}

/** `null` if one of them is: a sum of the others would look like the whole. */
function sum(counts: readonly (number | null)[]): number | null {
  return counts.reduce((total, count) => (total === null || count === null ? null : total + count), 0);
}

function largest(counts: readonly (number | null)[]): number | null {
  return counts.reduce((most, count) => (count === null || (most !== null && most >= count) ? most : count), null);
}

/** What one of several questions found, or why it found nothing. */
async function orWhy<T>(ask: () => Promise<T>): Promise<{ readonly value?: T; readonly why?: string }> {
  try {
    return { value: await ask() };
  } catch (error) {
    if (StreamError.is(error) && error.code === 'unknown-topic') throw error;
    return { why: error instanceof Error ? error.message : String(error) };
  }
}
