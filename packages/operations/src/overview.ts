import type { Streams } from '@isostream/core';
import { type GroupView, lookAtGroup, type GroupState } from './group-view.ts';

/** Groups that are looked at at one time: a service that has thousands is not asked for all at once. */
const atOnce = 8;

/** Worst first. */
const severity: readonly GroupState[] = [
  'stuck',
  'falling behind',
  'stopped',
  'behind',
  'working',
  'unknown',
  'no position yet',
  'idle',
];

/** All groups of a service, worst first, and what could not be found out. */
export interface Overview {
  readonly provider: string;
  /** When it was complete, as an ISO time. */
  readonly at: string;
  /** `null` where topics cannot be listed. */
  readonly topics: readonly string[] | null;
  readonly groups: readonly GroupView[];
  /** What failed, one sentence each. The rest is there all the same. */
  readonly problems: readonly string[];
}

/** Which groups to look at. */
export interface OverviewOptions {
  readonly signal?: AbortSignal;
  readonly topic?: string;
  readonly group?: string;
  /** Milliseconds since the epoch. Default the system's clock. */
  readonly now?: () => number;
}

/** Looks at every group, some at a time. What fails is told, and the rest is there. Throws only if groups cannot be listed. */
export async function overview(streams: Streams, options: OverviewOptions = {}): Promise<Overview> {
  const { topic, group, signal, now = Date.now } = options;
  const signalled = signal === undefined ? {} : { signal };
  const problems: string[] = [];
  const [topics, found] = await Promise.all([
    streams.admin.topics(signalled).catch((error: unknown) => {
      problems.push(`topics cannot be listed: ${messageOf(error)}`);
      return null;
    }),
    topic === undefined
      ? streams.admin.allGroups(signalled)
      : streams.admin.groups(topic, signalled).then((names) => names.map((name) => ({ topic, group: name }))),
  ]);
  const asked = found.filter((one) => group === undefined || one.group === group);
  const groups: GroupView[] = [];
  const left = [...asked];
  const work = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const { topic: name, group: of } = next;
      try {
        const view = await lookAtGroup(streams, name, of, signal, now);
        groups.push(view);
        const { lag } = streams.adapter.capabilities;
        // What the provider never tells is not a problem of this look.
        if (view.unknown.lag !== undefined && (lag.events || lag.time) && signal?.aborted !== true)
          problems.push(`group ${of} on ${name}: ${view.unknown.lag}`);
      } catch (error) {
        problems.push(`group ${of} on ${name}: ${messageOf(error)}`);
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return {
    provider: streams.adapter.name,
    at: new Date(now()).toISOString(),
    topics: topics?.toSorted() ?? null,
    groups: groups.toSorted(worstFirst),
    problems,
  };
}

/** By state, then by lag, then by name. Pure. */
export function worstFirst(a: GroupView, b: GroupView): number {
  return (
    severity.indexOf(a.state) - severity.indexOf(b.state) ||
    (b.events ?? 0) - (a.events ?? 0) ||
    (b.oldestMs ?? 0) - (a.oldestMs ?? 0) ||
    `${a.topic} ${a.group}`.localeCompare(`${b.topic} ${b.group}`)
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
