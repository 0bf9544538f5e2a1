import type { Entry } from '../history/entry.ts';
import { ofKind } from '../history/history.ts';
import { atLeast, type Check, eachGroup, tell } from './check.ts';
import { placeOnLine } from './position.ts';

/**
 * What a partition's owner hands out was not committed by any owner before it; where single events are told, none comes again.
 *
 * `frozen`: a member whose process was stopped, perhaps when it was about to start a handler. Then that is the first thing
 * that it does afterwards, and the service gave it nothing anew.
 */
export function repeatsAreUncommitted(frozen?: string): Check {
  return (entries) => [...committedRepeats(entries), ...toldRepeats(frozen)(entries)];
}

function toldRepeats(frozen: string | undefined): Check {
  return eachGroup((entries) => {
    const told = new Map<string, number>();
    let lastOfFrozen = -1;
    const wrong: string[] = [];
    for (const [index, entry] of entries.entries()) {
      if (entry.kind === 'told') told.set(`${entry.partition}/${entry.position}`, index);
      else if (entry.kind === 'deliver') {
        const toldAt = told.get(`${entry.partition}/${entry.position}`);
        const wasStopped = entry.member === frozen && lastOfFrozen < (toldAt ?? -1);
        if (toldAt !== undefined && !wasStopped) wrong.push(`${entry.id} at ${entry.position}`);
      }
      if ('member' in entry && entry.member === frozen) lastOfFrozen = index;
    }
    return tell('repeated after the service was told', wrong);
  });
}

const committedRepeats: Check = eachGroup((entries) => {
  const committed = new Map<string, Map<number, string>>();
  for (const { partition, assignment, position } of ofKind(entries, 'commit')) {
    const assignments = committed.get(partition) ?? new Map<number, string>();
    committed.set(partition, assignments.set(assignment, position));
  }
  const wrong: string[] = [];
  for (const { id, partition, assignment, position } of ofKind(entries, 'deliver')) {
    const place = placeOnLine(position);
    const former = [...(committed.get(partition) ?? [])].find(
      ([owner, upTo]) => owner < assignment && placeOnLine(upTo) >= place,
    );
    if (former !== undefined) wrong.push(`${id} at ${position}, committed ${former[1]}`);
  }
  return tell('repeated after they were committed', wrong);
});

interface Stored {
  readonly id: string;
  readonly position: string;
}

/** The copies of each key's events in each partition, by place. */
type Lines = Map<string, Map<string | bigint, Stored>>;

/**
 * What an owner is given of a key comes in stored order and without a hole, also what comes again. It is
 * judged by places, since an event can be stored twice, and under each assignment by itself: where its owner began, and where it
 * was stopped, is the matter of other checks. Where single events are told, the order is that in which they were given out
 * first; what was told does not come again, so there a hole says nothing.
 */
export const repeatsAreSuffixes: Check = eachGroup((entries) => {
  const isSingle = entries.some(({ kind }) => kind === 'told');
  const placeOf = isSingle ? (position: string): string => position : placeOnLine;
  const lines = isSingle ? asGivenOut(entries) : asStored(entries);
  const indexes = new Map([...lines].map(([line, events]) => [line, indexOf([...events.keys()])]));
  const unhandled = lettersOfNobody(entries);
  const last = new Map<string, { readonly index: number; readonly attempt: number }>();
  const turned: string[] = [];
  const holes: string[] = [];
  for (const { id, assignment, key, partition, position, attempt } of ofKind(entries, 'deliver')) {
    if (key === null) continue;
    const line = lineOf(partition, key);
    const index = indexes.get(line)?.get(placeOf(position)) ?? -1;
    const before = last.get(`${assignment}\n${line}`);
    last.set(`${assignment}\n${line}`, { index, attempt });
    // A later attempt is not a delivery of its own.
    if (before === undefined || (before.index === index && before.attempt < attempt)) continue;
    if (index === before.index + 1) continue;
    const events = [...(lines.get(line)?.values() ?? [])];
    if (index <= before.index) turned.push(`${id} at ${position} after ${named(events[before.index])}`);
    else if (!isSingle) {
      const missing = events.slice(before.index + 1, index).filter((event) => !unhandled.has(event.id));
      holes.push(...missing.map((event) => `${named(event)} before ${id} at ${position}`));
    }
  }
  return [...tell('given out against their order', turned), ...tell('left out by their owner', holes)];
});

/** What came again had so many pairs of events that follow each other in one key: what comes again alone is in order. */
export function pairsRepeated(least: number): Check {
  return (entries) => {
    const seen = new Set<string>();
    const last = new Map<string, boolean>();
    let pairs = 0;
    for (const { topic, group, partition, position, key, assignment, attempt } of ofKind(entries, 'deliver')) {
      if (attempt !== 1 || key === null) continue;
      const place = [topic, group, partition, position].join('\n');
      const line = [topic, group, partition, key, assignment].join('\n');
      if (seen.has(place) && last.get(line) === true) pairs++;
      last.set(line, seen.has(place));
      seen.add(place);
    }
    return atLeast('pairs of one key that came again', pairs, least);
  };
}

/** In the order of the log; known from senders, and from whoever was given them at any time. */
function asStored(entries: readonly Entry[]): Lines {
  const keys = new Map(ofKind(entries, 'send').map(({ id, key }) => [id, key]));
  const found: (Stored & { readonly line: string; readonly place: bigint })[] = [];
  for (const entry of entries) {
    if (entry.kind !== 'sent' && entry.kind !== 'deliver') continue;
    const { id, partition, position } = entry;
    const key = entry.kind === 'deliver' ? entry.key : (keys.get(id) ?? null);
    if (partition === undefined || position === undefined || key === null) continue;
    found.push({ id, position, line: lineOf(partition, key), place: placeOnLine(position) });
  }
  found.sort((a, b) => (a.place < b.place ? -1 : 1));
  const lines: Lines = new Map();
  for (const { line, place, ...event } of found) add(lines, line, place, event);
  return lines;
}

/** In the order in which they were given out for the first time. */
function asGivenOut(entries: readonly Entry[]): Lines {
  const lines: Lines = new Map();
  for (const { id, partition, position, key } of ofKind(entries, 'deliver')) {
    if (key !== null) add(lines, lineOf(partition, key), position, { id, position });
  }
  return lines;
}

/** A place that it has already stays where it is. */
function add(lines: Lines, line: string, place: string | bigint, event: Stored): void {
  const events = lines.get(line) ?? new Map<string | bigint, Stored>();
  lines.set(line, events.set(place, event));
}

function lineOf(partition: string, key: string): string {
  return `${partition}\n${key}`;
}

function indexOf(places: readonly (string | bigint)[]): ReadonlyMap<string | bigint, number> {
  return new Map(places.map((place, index) => [place, index]));
}

function named(event: Stored | undefined): string {
  return `${event?.id} at ${event?.position}`;
}

/** Events that were dead-lettered without any handler: nobody could read them. */
function lettersOfNobody(entries: readonly Entry[]): ReadonlySet<string> {
  const handled = new Set(ofKind(entries, 'deliver').map(({ id }) => id));
  return new Set(ofKind(entries, 'dead').flatMap(({ id }) => (handled.has(id) ? [] : [id])));
}

/** Every assignment of a member that was out of reach beyond its session was reported lost. */
export function losesEverything(member: string, fault: string): Check {
  return (entries) => {
    const start = entries.findIndex(
      (entry) => entry.kind === 'fault' && entry.name === fault && entry.edge === 'start',
    );
    if (start < 0) return [`the history has no fault ${fault}`];
    const held = new Map<number, string>();
    for (const entry of entries.slice(0, start)) {
      if (!('member' in entry) || entry.member !== member || !('assignment' in entry)) continue;
      if (entry.kind === 'assign') held.set(entry.assignment, entry.partition);
      if (entry.kind === 'revoke' || entry.kind === 'lost') held.delete(entry.assignment);
    }
    const after = entries.slice(start);
    // What it was already handing over ends as that.
    const ended = new Set([...ofKind(after, 'lost'), ...ofKind(after, 'revoke')].map((entry) => entry.assignment));
    const kept = [...held].flatMap(([assignment, partition]) =>
      ended.has(assignment) ? [] : [`partition ${partition}`],
    );
    return held.size === 0 ? ['it held nothing when it was frozen'] : tell('kept beyond the session', kept);
  };
}
