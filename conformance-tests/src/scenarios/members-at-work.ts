import { placeOnLine } from '../checks/position.ts';
import type { Entry } from '../history/entry.ts';
import { isSettled, ofKind } from '../history/history.ts';
import type { LoadTopic } from '../load/load-topic.ts';
import type { Stage } from '../run/stage.ts';

// A load that lasts as long as a scenario needs it, and what the members that work on it are doing at a moment.

/** A load of at least so many events that lasts until it is told to end. */
export function steadyLoad(
  stage: Stage,
  topic: LoadTopic,
  events: number,
  perSecond: number,
): { readonly end: () => Promise<void> } {
  let goOn = true;
  const sending = stage
    .producer(topic)
    .then((producer) =>
      stage.load.sendAll(producer, topic, { events, keys: 100, perSecond, goOn: () => goOn, mostUnread: 1_000 }),
    );
  return {
    end() {
      goOn = false;
      return sending;
    },
  };
}

export async function untilDelivered(stage: Stage, member: string, count: number): Promise<void> {
  await stage.until(`${member} had ${count} deliveries`, () => deliveries(stage.history.arrivals, member) >= count);
}

export function deliveries(entries: readonly Entry[], member: string): number {
  return entries.reduce((sum, entry) => sum + Number(entry.kind === 'deliver' && entry.member === member), 0);
}

/** Partitions that a member has now. */
export function holds(entries: readonly Entry[], member: string): number {
  const count = (kinds: readonly Entry['kind'][]): number =>
    entries.reduce(
      (sum, entry) => sum + Number(kinds.includes(entry.kind) && 'member' in entry && entry.member === member),
      0,
    );
  return count(['assign']) - count(['revoke', 'lost']);
}

/** Events that a member was handling and nobody was given since. */
export function leftBehind(entries: readonly Entry[], member: string): number {
  const open = new Set<string>();
  for (const entry of entries) {
    if (entry.kind === 'deliver' && entry.member === member) open.add(entry.id);
    else if (entry.kind === 'deliver' || (entry.kind === 'settle' && entry.member === member)) open.delete(entry.id);
  }
  return open.size;
}

/** Events that a member settled since it last committed anything. */
export function uncommitted(entries: readonly Entry[], member: string): number {
  const index = entries.findLastIndex((entry) => entry.kind === 'commit' && entry.member === member);
  return ofKind(entries.slice(index + 1), 'settle').filter((entry) => entry.member === member).length;
}

/** Partitions of a member in which it could commit further than it did: all is settled up to there. */
export function committable(entries: readonly Entry[], member: string): number {
  const assignments = new Map<number, { readonly open: Set<bigint>; readonly settled: Set<bigint> }>();
  for (const entry of entries) {
    if (!('assignment' in entry) || entry.member !== member) continue;
    if (entry.kind === 'assign') assignments.set(entry.assignment, { open: new Set(), settled: new Set() });
    if (entry.kind === 'revoke' || entry.kind === 'lost') assignments.delete(entry.assignment);
    const assignment = assignments.get(entry.assignment);
    if (assignment === undefined) continue;
    if (entry.kind === 'deliver') assignment.open.add(placeOnLine(entry.position));
    else if (isSettled(entry)) {
      assignment.open.delete(placeOnLine(entry.position));
      assignment.settled.add(placeOnLine(entry.position));
    } else if (entry.kind === 'commit') {
      const upTo = placeOnLine(entry.position);
      for (const place of assignment.settled) if (place <= upTo) assignment.settled.delete(place);
    }
  }
  return [...assignments.values()].filter(({ open, settled }) => lowest(settled) < lowest(open)).length;
}

function lowest(places: ReadonlySet<bigint>): bigint | number {
  return [...places].reduce<bigint | number>((least, place) => (place < least ? place : least), Infinity);
}

/** Calls of a member's handler that never ended. */
export function unfinished(entries: readonly Entry[], member: string): number {
  const calls = (kind: 'deliver' | 'settle'): number =>
    ofKind(entries, kind).filter((entry) => entry.member === member).length;
  return calls('deliver') - calls('settle');
}
