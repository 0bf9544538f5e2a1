import type { Entry, EntryOf } from '../history/entry.ts';
import { ofKind } from '../history/history.ts';
import { atLeast, type Check, tell } from './check.ts';

// Guards of the scenarios that break something: a fault that does nothing shows nothing.

/** What was recorded while a fault lasted; nothing where there was none. */
function during(entries: readonly Entry[], fault: string): readonly Entry[] {
  const start = edge(entries, fault, 'start');
  return start < 0 ? [] : entries.slice(start, edge(entries, fault, 'end'));
}

function edge(entries: readonly Entry[], fault: string, side: 'start' | 'end'): number {
  return entries.findIndex((entry) => entry.kind === 'fault' && entry.name === fault && entry.edge === side);
}

/** Events sent while anything was broken. */
export function sentUnderFault(entries: readonly Entry[]): number {
  let broken = 0;
  let sent = 0;
  for (const entry of entries) {
    if (entry.kind === 'fault') broken += entry.edge === 'start' ? 1 : -1;
    else if (entry.kind === 'send' && broken > 0) sent++;
  }
  return sent;
}

/** Load went on while something was broken. */
export function trafficDuring(fault: string, least: number): Check {
  return (entries) => atLeast(`events sent during ${fault}`, ofKind(during(entries, fault), 'send').length, least);
}

/** So many connections broke, and requests were under way on them. */
export function connectionsBroke(least: number): Check {
  return (entries) => [
    ...atLeast('broken connections', brokenConnections(entries), least),
    ...atLeast('requests of unknown outcome', ofKind(entries, 'doubt').length, 1),
  ];
}

export function brokenConnections(entries: readonly Entry[]): number {
  return ofKind(entries, 'broken').reduce((sum, { connections }) => sum + connections, 0);
}

/** So many sends failed of which nobody knows whether they were stored. */
export function failedAsUnknown(least: number): Check {
  return (entries) => {
    const failed = ofKind(entries, 'send-failed').filter(({ outcome }) => outcome === 'unknown');
    return atLeast('sends that failed as unknown', failed.length, least);
  };
}

/** How many events sent during a fault have had no answer for so long by now. */
export function sendsWaiting(entries: readonly Entry[], fault: string, ms: number, at: number): number {
  const answered = new Map<string, number>();
  for (const entry of entries)
    if (entry.kind === 'sent' || entry.kind === 'send-failed') answered.set(entry.id, entry.at);
  const start = edge(entries, fault, 'start');
  const sends = start < 0 ? [] : ofKind(entries.slice(start), 'send');
  return sends.filter((send) => (answered.get(send.id) ?? at) - send.at >= ms).length;
}

/** So many of the events sent during a fault had no answer for so long. */
export function sendsWaited(fault: string, ms: number, least: number): Check {
  return (entries) => {
    const answered = new Map<string, number>();
    for (const entry of entries)
      if (entry.kind === 'sent' || entry.kind === 'send-failed') answered.set(entry.id, entry.at);
    const waited = ofKind(during(entries, fault), 'send').filter(
      ({ id, at }) => (answered.get(id) ?? Infinity) - at >= ms,
    );
    return atLeast(`sends during ${fault} that waited ${ms} ms`, waited.length, least);
  };
}

/**
 * What members began to commit during a fault was not stored before its end, and something was held up by it.
 * For entries in the order in which they became known.
 */
export function commitsWaited(fault: string): Check {
  return (arrivals) => {
    const stretch = during(arrivals, fault);
    const start = stretch[0]?.at ?? Infinity;
    const since = arrivals.slice(edge(arrivals, fault, 'end'));
    const end = since[0]?.at ?? 0;
    const stored = commits(stretch).filter(({ at }) => at > start);
    const failed = ofKind([...stretch, ...since], 'commit-failed');
    const held = [...commits(since), ...failed].filter(({ at }) => at < end);
    return [
      ...tell(
        `commits were stored during ${fault}`,
        stored.map(({ partition, position }) => `${partition} at ${position}`),
      ),
      ...atLeast(`commits that ${fault} held up`, held.length, 1),
    ];
  };
}

function commits(entries: readonly Entry[]): readonly EntryOf<'commit' | 'told'>[] {
  return [...ofKind(entries, 'commit'), ...ofKind(entries, 'told')];
}

/** So many events that a member had in work when a fault began were given to others before it ended. */
export function takenOver(member: string, fault: string, least: number): Check {
  return (entries) => {
    const stretch = during(entries, fault);
    const open = new Set<string>();
    for (const entry of entries) {
      if (entry === stretch[0]) break;
      if (entry.kind === 'deliver' && entry.member === member) open.add(entry.id);
      else if (entry.kind === 'settle' && entry.member === member) open.delete(entry.id);
    }
    const again = new Set(
      ofKind(stretch, 'deliver').flatMap((entry) => (entry.member !== member && open.has(entry.id) ? [entry.id] : [])),
    );
    return atLeast(`events of ${member} that others were given during ${fault}`, again.size, least);
  };
}

/** Nothing is settled by a member after this mark: it is dead. */
export function nothingSettledBy(member: string, mark: string): Check {
  return (entries) => {
    const index = entries.findIndex((entry) => entry.kind === 'mark' && entry.name === mark);
    if (index < 0) return [`no mark ${mark}`];
    return tell(
      `settled by ${member} after ${mark}`,
      ofKind(entries.slice(index), 'settle').flatMap((entry) => (entry.member === member ? [entry.id] : [])),
    );
  };
}
