import type { Call, Entry } from '../history/entry.ts';
import { isSettled, ofKind } from '../history/history.ts';
import { type Check, eachGroup, tell } from './check.ts';
import { placeOnLine } from './position.ts';

interface Place {
  readonly id: string;
  readonly partition: string | undefined;
  readonly position: string;
}

/** Where events lie: by their senders, and where those are not told, by whoever read them at any time. */
function places(entries: readonly Entry[]): Place[] {
  const found = new Map<string, Place>();
  for (const entry of entries) {
    if (entry.kind !== 'sent' && entry.kind !== 'deliver') continue;
    const { id, partition, position } = entry;
    if (position !== undefined) found.set(`${partition}/${position}`, { id, partition, position });
  }
  return [...found.values()];
}

/**
 * At every commit, every event of the partition up to its position is settled; where single events are told, each of them
 * is. One that failed counts as well: the service may have done what it was asked.
 */
export const contiguousCommits: Check = (entries) => [...settledUpToCommits(entries), ...settledBeforeTold(entries)];

const settledUpToCommits: Check = eachGroup((entries) => {
  const stored = new Map<
    string | undefined,
    { readonly id: string; readonly position: string; readonly place: bigint }[]
  >();
  for (const { id, partition, position } of places(entries)) {
    const events = stored.get(partition) ?? [];
    stored.set(partition, events);
    events.push({ id, position, place: placeOnLine(position) });
  }
  // The log in its own order: producers learn of their positions in any.
  for (const events of stored.values()) events.sort((a, b) => (a.place < b.place ? -1 : 1));
  const settled = new Set<string>();
  const checked = new Map<string, number>();
  const wrong: string[] = [];
  for (const entry of entries) {
    if (isSettled(entry)) settled.add(entry.id);
    else if (entry.kind === 'commit' || entry.kind === 'commit-failed') {
      const { partition, position: asked } = entry;
      if (asked === undefined) continue;
      const events = stored.get(partition) ?? [];
      let index = checked.get(partition) ?? 0;
      const upTo = placeOnLine(asked);
      const tried = entry.kind === 'commit' ? 'committed' : 'tried to commit';
      for (let event = events[index]; event !== undefined && event.place <= upTo; event = events[++index]) {
        if (!settled.has(event.id)) wrong.push(`${event.id} at ${event.position}, ${tried} ${asked}`);
      }
      checked.set(partition, index);
    }
  }
  return tell('committed before they were settled', wrong);
});

const settledBeforeTold: Check = eachGroup((entries) => {
  const ids = idsByPlace(entries);
  const settled = new Set<string>();
  const wrong: string[] = [];
  for (const entry of entries) {
    if (isSettled(entry)) settled.add(entry.id);
    else if (entry.kind === 'told' || entry.kind === 'commit-failed') {
      const { topic, partition } = entry;
      for (const position of entry.kind === 'told' ? [entry.position] : (entry.told ?? [])) {
        const place = placeOf({ topic, partition, position });
        const id = ids.get(place) ?? place;
        if (!settled.has(id)) wrong.push(id);
      }
    }
  }
  return tell('told before they were settled', wrong);
});

/** Commits of a partition carry assignments and positions that never go back; where single events are told, each key's are in order. */
export const monotonicCommits: Check = (entries) => [...growingCommits(entries), ...toldInOrder(entries)];

const growingCommits: Check = eachGroup((entries) => {
  const last = new Map<string, { readonly assignment: number; readonly position: string; readonly place: bigint }>();
  const wrong: string[] = [];
  for (const { partition, assignment, position } of ofKind(entries, 'commit')) {
    const before = last.get(partition);
    const here = { assignment, position, place: placeOnLine(position) };
    if (before !== undefined && (here.assignment < before.assignment || here.place < before.place))
      wrong.push(
        `${partition}: assignment ${assignment} at ${position} after assignment ${before.assignment} at ${before.position}`,
      );
    last.set(partition, here);
  }
  return tell('commits that go back', wrong);
});

/** Under each assignment, events of a key are told in the order in which they were settled. */
const toldInOrder: Check = eachGroup((entries) => {
  const untold = new Map<string, string[]>();
  const calls = new Map<string, Call>();
  const wrong: string[] = [];
  const lane = ({ assignment, key }: Call): string => `${assignment}/${key}`;
  for (const entry of entries) {
    if (entry.kind === 'deliver') {
      calls.set(entry.id, entry);
      calls.set(placeOf(entry), entry);
    } else if (isSettled(entry)) {
      const call = entry.kind === 'dead' ? calls.get(entry.id) : entry;
      if (call !== undefined) untold.set(lane(call), [...(untold.get(lane(call)) ?? []), placeOf(call)]);
    } else if (entry.kind === 'told') {
      const call = calls.get(placeOf(entry));
      if (call?.assignment !== entry.assignment || call.key === null) continue;
      const waiting = untold.get(lane(call)) ?? [];
      if (waiting[0] !== placeOf(entry)) wrong.push(`${call.id} before ${waiting[0]}`);
      untold.set(
        lane(call),
        waiting.filter((place) => place !== placeOf(entry)),
      );
    }
  }
  return tell('told out of order', wrong);
});

/** Nothing is committed or told under an assignment once somebody else had a delivery of it. */
export const noLateCommits: Check = (entries) => [...lateCommits(entries), ...lateTold(entries)];

const lateCommits: Check = eachGroup((entries) => {
  const newest = new Map<string, number>();
  const wrong: string[] = [];
  for (const entry of entries) {
    if (entry.kind === 'deliver') {
      newest.set(entry.partition, Math.max(newest.get(entry.partition) ?? 0, entry.assignment));
    } else if (entry.kind === 'commit' && entry.assignment < (newest.get(entry.partition) ?? 0)) {
      wrong.push(`${entry.partition} at ${entry.position} by ${entry.member}`);
    }
  }
  return tell('commits by a former owner', wrong);
});

const lateTold: Check = eachGroup((entries) => {
  const holders = new Map<string, number>();
  const wrong: string[] = [];
  for (const entry of entries) {
    if (entry.kind === 'deliver') holders.set(placeOf(entry), entry.assignment);
    else if (entry.kind === 'told' && (holders.get(placeOf(entry)) ?? entry.assignment) !== entry.assignment)
      wrong.push(`${placeOf(entry)} by ${entry.member}`);
  }
  return tell('told by a former owner', wrong);
});

function idsByPlace(entries: readonly Entry[]): Map<string, string> {
  return new Map(ofKind(entries, 'deliver').map((entry) => [placeOf(entry), entry.id]));
}

/** As letters have it whose event nobody handled. */
function placeOf({ topic, partition, position }: Pick<Call, 'topic' | 'partition' | 'position'>): string {
  return `${topic}/${partition}/${position}`;
}
