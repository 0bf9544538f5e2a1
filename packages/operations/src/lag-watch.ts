import type { Streams } from '@isostream/core';
import { type GroupState, type GroupView, stateSeenOnce } from './group-view.ts';
import { type Overview, overview, type OverviewOptions, worstFirst } from './overview.ts';

/** A group's figures at one time, for a graph. */
export interface LagPoint {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly events: number | null;
  readonly oldestMs: number | null;
  /** Events stored and events committed per second since the point before; `null` where positions cannot be counted. */
  readonly inPerSecond: number | null;
  readonly outPerSecond: number | null;
}

/** A group with what more than one look can tell. */
export interface WatchedGroup extends GroupView {
  readonly inPerSecond: number | null;
  readonly outPerSecond: number | null;
  /** Since when nothing has moved though there is something to do, as an ISO time; `null` while it moves. */
  readonly stuckSince: string | null;
}

/** An overview of groups that have been looked at before. */
export interface WatchedOverview extends Overview {
  readonly groups: readonly WatchedGroup[];
  /** Why the last look failed: the figures are those of `at`. `null` while looks succeed. */
  readonly stale: string | null;
}

interface History {
  readonly points: LagPoint[];
  last: GroupView;
  /** Looks in a row without movement. */
  still: number;
  stillSince: string | undefined;
  /** The lag when it was least, since when it grew in looks in a row. */
  growing: number;
}

/** Looks in a row after which a group that does not move is stuck, or one whose lag grows is falling behind. */
const looks = 3;
/** An hour at 5 s. */
const keptPoints = 720;

/** Remembers what groups were like, so that it can say how fast they are, and whether they move. */
export class LagWatch {
  readonly #streams: Streams;
  readonly #histories = new Map<string, History>();
  #latest: WatchedOverview | undefined;

  constructor(streams: Streams) {
    this.#streams = streams;
  }

  /** What the last look found; `undefined` before the first. */
  get latest(): WatchedOverview | undefined {
    return this.#latest;
  }

  /** Looks at all groups. Where that fails the last figures stay, with the reason; the first look throws. */
  async look(options: OverviewOptions = {}): Promise<WatchedOverview> {
    try {
      const found = await overview(this.#streams, options);
      const groups = found.groups.map((group) => this.#add(group)).toSorted(worstFirst);
      const there = new Set(groups.map(nameOf));
      for (const name of this.#histories.keys()) if (!there.has(name)) this.#histories.delete(name);
      this.#latest = { ...found, groups, stale: null };
    } catch (error) {
      if (this.#latest === undefined) throw error;
      this.#latest = { ...this.#latest, stale: error instanceof Error ? error.message : String(error) };
    }
    return this.#latest;
  }

  /** A group over time, oldest first; empty for one that is not known. */
  history(topic: string, group: string): readonly LagPoint[] {
    return this.#histories.get(nameOf({ topic, group }))?.points ?? [];
  }

  #add(view: GroupView): WatchedGroup {
    const name = nameOf(view);
    const known = this.#histories.get(name);
    const seconds = known === undefined ? 0 : (Date.parse(view.at) - Date.parse(known.last.at)) / 1_000;
    const per = (which: 'committed' | 'end'): number | null =>
      known === undefined || seconds <= 0 ? null : rate(known.last, view, which, seconds);
    const [inPerSecond, outPerSecond] = [per('end'), per('committed')];
    const history = known ?? { points: [], last: view, still: 0, stillSince: undefined, growing: 0 };
    if (known !== undefined) note(history, view);
    history.last = view;
    history.points.push({
      at: Date.parse(view.at),
      events: view.events,
      oldestMs: view.oldestMs,
      inPerSecond,
      outPerSecond,
    });
    if (history.points.length > keptPoints) history.points.shift();
    this.#histories.set(name, history);
    const state = known === undefined ? view.state : stateOf(view, history);
    return {
      ...view,
      state,
      inPerSecond,
      outPerSecond,
      stuckSince: state === 'stuck' ? (history.stillSince ?? null) : null,
    };
  }
}

/** Whether it moved, and whether its lag grew, since the last look. */
function note(history: History, view: GroupView): void {
  const { last } = history;
  const moved = view.partitions.some(
    ({ committed }, index) => committed !== null && committed !== last.partitions[index]?.committed,
  );
  const isDone = stateSeenOnce(view) === 'idle';
  history.still = moved || isDone ? 0 : history.still + 1;
  history.stillSince = history.still === 0 ? undefined : (history.stillSince ?? last.at);
  const [before, now] = view.events === null ? [last.oldestMs, view.oldestMs] : [last.events, view.events];
  history.growing = before !== null && now !== null && now > before ? history.growing + 1 : 0;
}

function stateOf(view: GroupView, { still, growing }: History): GroupState {
  const once = stateSeenOnce(view);
  if (once !== 'behind') return once;
  if (still >= looks) return 'stuck';
  if (growing >= looks) return 'falling behind';
  return still === 0 ? 'working' : 'behind';
}

/** Only where the service counts events are positions numbers whose distance means something. */
function rate(before: GroupView, now: GroupView, which: 'committed' | 'end', seconds: number): number | null {
  if (now.events === null) return null;
  let total = 0;
  const earlierOnes = new Map(before.partitions.map((each) => [each.partition, each]));
  for (const partition of now.partitions) {
    const earlier = earlierOnes.get(partition.partition);
    const [from, to] = [earlier?.[which], partition[which]];
    if (typeof from !== 'string' || typeof to !== 'string') continue;
    if (!/^\d+$/.test(from) || !/^\d+$/.test(to)) return null;
    total += Math.max(0, Number(BigInt(to) - BigInt(from)));
  }
  return total / seconds;
}

function nameOf({ topic, group }: { readonly topic: string; readonly group: string }): string {
  return JSON.stringify([topic, group]);
}
