import { type Position, StreamError, type Streams } from '@isostream/core';
import { humanCount } from './human.ts';
import { type GroupView, lookAtGroup } from './group-view.ts';
import { findStarts } from './reset-starts.ts';

/** Where a group is to go on: everywhere, or in the partitions that are named. */
export type ResetTarget = 'earliest' | 'latest' | Date | ReadonlyMap<string, Position>;

/** One partition of a plan. */
export interface ResetStep {
  readonly partition: string;
  /** Where the group is now; `null` where it has no position. */
  readonly from: string | null;
  /** A position, or a start such as `earliest` or a time, which the service finds when the plan is run. */
  readonly to: string;
  /** Events that come again, and events that are never handled; `null` where that cannot be counted beforehand. */
  readonly again: number | null;
  readonly skipped: number | null;
}

/** What a reset would do, and the state that it was made from. */
export interface ResetPlan {
  readonly kind: 'reset';
  readonly topic: string;
  readonly group: string;
  readonly target: string;
  readonly steps: readonly ResetStep[];
  /** Members that have to stop first; `null` where nobody tells. */
  readonly members: readonly string[] | null;
  /** The plan in one sentence. */
  readonly sentence: string;
}

/** What a reset did: where the group is now. */
export interface ResetResult {
  readonly partitions: readonly {
    readonly partition: string;
    readonly before: string | null;
    readonly after: string | null;
  }[];
  readonly events: number | null;
}

/** A plan with what it needs to be run. */
export interface RunnableReset {
  readonly plan: ResetPlan;
  /** Runs it. Throws `conflict`, without effect, if the group has moved or has members since. */
  readonly run: (signal?: AbortSignal) => Promise<ResetResult>;
}

/** Plans a reset; changes nothing. Throws what the reset itself would: `unsupported`, `invalid-config`, `unknown-topic`. */
export async function planReset(
  streams: Streams,
  topic: string,
  group: string,
  target: ResetTarget,
  signal?: AbortSignal,
): Promise<RunnableReset> {
  const { adapter, admin } = streams;
  const signalled = signal === undefined ? {} : { signal };
  // Says by itself why the provider cannot, before anything is asked.
  if (!adapter.capabilities.resetGroup)
    await admin.reset(topic, group, typeof target === 'string' ? target : 'earliest');
  const before = await lookAtPlaces(streams, topic, group, signal);
  const starts = await startsOf(streams, topic, target, before, signal);
  const steps = before.partitions
    .filter(({ partition }) => !isPlaces(target) || target.has(partition))
    .map((partition) => step(partition, target, starts.get(partition.partition)));
  const shown = shownTarget(target);
  const members =
    before.members?.map(({ id, clientId, host }) => [clientId ?? id, host ?? []].flat().join(' on ')) ?? null;
  const plan: ResetPlan = {
    kind: 'reset',
    topic,
    group,
    target: shown,
    steps,
    members,
    sentence: sentence(group, topic, shown, steps),
  };
  return {
    plan,
    async run(running): Promise<ResetResult> {
      const now = await lookAtPlaces(streams, topic, group, running ?? signal);
      refuseChange(before, now);
      await admin.reset(topic, group, target, running === undefined ? signalled : { signal: running });
      const after = await lookAtGroup(streams, topic, group, running ?? signal);
      const partitions = after.partitions.map(({ partition, committed }, index) => ({
        partition,
        before: before.partitions[index]?.committed ?? null,
        after: committed,
      }));
      return { partitions, events: after.events };
    },
  };
}

/** A plan that could not see where the group is would say that nothing happens. */
async function lookAtPlaces(
  streams: Streams,
  topic: string,
  group: string,
  signal: AbortSignal | undefined,
): Promise<GroupView> {
  const view = await lookAtGroup(streams, topic, group, signal);
  const { lag } = streams.adapter.capabilities;
  if (view.unknown.lag === undefined || !(lag.events || lag.time)) return view;
  const message = `it cannot be seen where group "${group}" is: ${view.unknown.lag}. Nothing was changed; try again`;
  throw new StreamError('unavailable', message, { where: 'operations' });
}

/** Where a start is now, in each partition: what is counted from there is told before the service is asked to find it again. */
async function startsOf(
  streams: Streams,
  topic: string,
  target: ResetTarget,
  { partitions }: GroupView,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, Position | null>> {
  const { lag, replay } = streams.adapter.capabilities;
  if (target === 'latest' || isPlaces(target) || !lag.events || !replay) return new Map();
  const names = partitions.map(({ partition }) => partition);
  return findStarts(streams, topic, target, names, signal);
}

function step(
  { partition, committed, end, events }: GroupView['partitions'][number],
  target: ResetTarget,
  start: Position | null | undefined,
): ResetStep {
  const to = isPlaces(target)
    ? (target.get(partition) ?? '')
    : target === 'latest' && end !== null
      ? end
      : shownTarget(target);
  if (target === 'latest') return { partition, from: committed, to, again: 0, skipped: events };
  const counted = start === null ? (events ?? undefined) : distanceOf(committed, start ?? to);
  const distance = events === null ? undefined : counted;
  if (distance === undefined) return { partition, from: committed, to, again: null, skipped: null };
  return {
    partition,
    from: committed,
    to,
    again: Math.max(0, -distance),
    skipped: target === 'earliest' ? 0 : Math.max(0, distance),
  };
}

/** Positions of single partitions. */
function isPlaces(target: ResetTarget): target is ReadonlyMap<string, Position> {
  return typeof target !== 'string' && !(target instanceof Date);
}

/** Only where the service counts events are positions numbers. */
function distanceOf(from: string | null, to: string): number | undefined {
  return from !== null && /^\d+$/.test(from) && /^\d+$/.test(to) ? Number(BigInt(to) - BigInt(from)) : undefined;
}

function sentence(group: string, topic: string, target: string, steps: readonly ResetStep[]): string {
  const total = (which: 'again' | 'skipped'): number | null =>
    steps.length === 0
      ? null
      : steps.reduce<number | null>(
          (sum, each) => (sum === null || each[which] === null ? null : sum + each[which]),
          0,
        );
  const [again, skipped] = [total('again'), total('skipped')];
  const effect =
    again === null || skipped === null
      ? 'how many events come again or are skipped cannot be counted beforehand'
      : `${humanCount(again)} events come again, ${humanCount(skipped)} are skipped`;
  return `moves group ${group} on ${topic} to ${target}: ${effect}`;
}

function shownTarget(target: ResetTarget): string {
  if (target instanceof Date) return target.toISOString();
  return typeof target === 'string' ? target : [...target].map((pair) => pair.join('=')).join(' ');
}

/** Whoever confirmed a plan confirmed what it said, and nothing else. */
function refuseChange(before: GroupView, now: GroupView): void {
  const moved = now.partitions.find(({ committed }, index) => committed !== before.partitions[index]?.committed);
  if (moved === undefined && now.partitions.length === before.partitions.length) return;
  const from = before.partitions.find(({ partition }) => partition === moved?.partition)?.committed;
  throw new StreamError(
    'conflict',
    `group "${now.group}" has changed since the plan was made${moved === undefined ? '' : `: partition ${moved.partition} went from ${from ?? 'none'} to ${moved.committed ?? 'none'}`}. Nothing was changed; make a new plan`,
    { where: 'operations' },
  );
}
