import type { Call, Entry } from '@isostream/conformance/checks';
import { expiredCode } from './service.ts';
import { drainMark, failedMark, gracefulMark, restartMark } from './marks.ts';

/**
 * The history as the contract counts it: pure. A member that lost its assignment may not know it yet, so what its handlers
 * do from then on counts for nothing; a handler that still runs when its assignment ends is over at that moment.
 * `skipAfter`: the attempt whose failure settles an event, under `onFailure: 'skip'`.
 */
export function counted(entries: readonly Entry[], skipAfter: number = Infinity): Entry[] {
  const ended = new Set<number>();
  const running = new Map<string, Call>();
  const result: Entry[] = [];
  for (const entry of entries) {
    if (entry.kind === 'deliver') {
      if (ended.has(entry.assignment)) continue;
      running.set(nameOf(entry), entry);
      result.push(entry);
    } else if (entry.kind === 'settle') {
      if (!running.delete(nameOf(entry))) continue;
      const isSkipped = entry.result === 'reject' || (entry.result === 'retry' && entry.attempt >= skipAfter);
      result.push(skipAfter !== Infinity && isSkipped ? { ...entry, result: 'ok' } : entry);
    } else {
      if (entry.kind === 'revoke' || entry.kind === 'lost') {
        ended.add(entry.assignment);
        for (const [name, call] of running) {
          if (call.assignment !== entry.assignment) continue;
          running.delete(name);
          result.push({ ...call, at: entry.at, kind: 'settle', result: 'retry' });
        }
      }
      result.push(entry);
    }
  }
  return result;
}

function nameOf({ assignment, position, attempt }: Call): string {
  return `${assignment}/${position}/${attempt}`;
}

/** The same history with each stored copy of an event under a name of its own: its place. Pure. */
export function byPlace(entries: readonly Entry[]): Entry[] {
  const result: Entry[] = [];
  for (const [index, entry] of entries.entries()) {
    if (entry.kind === 'deliver' || entry.kind === 'settle' || entry.kind === 'sent')
      result.push({ ...entry, id: `${entry.partition}/${entry.position}` });
    else if (entry.kind === 'dead') {
      // A letter is followed by the place it came from.
      const next = entries[index + 1];
      const place = next?.kind === 'mark' && next.name.startsWith('dead ') ? next.name.slice(5) : entry.id;
      result.push({ ...entry, id: place });
    } else result.push(entry);
  }
  return result;
}

/** The same history with each partition for a key: `ordering: 'partition'` keeps it in order as `'key'` does a key. Pure. */
export function byPartition(entries: readonly Entry[], contents: Iterable<string>): Entry[] {
  const sent = [...contents].flatMap((place): Entry[] => {
    const [partition = '', position = ''] = place.split('/');
    const event = { at: 0, topic: '', id: place };
    return [
      { ...event, kind: 'send', key: partition, seq: Number(position), sender: '' },
      { ...event, kind: 'sent', partition, position },
    ];
  });
  const others = byPlace(entries).flatMap((entry): Entry[] => {
    if (entry.kind === 'deliver' || entry.kind === 'settle')
      return [{ ...entry, topic: '', key: entry.partition, seq: Number(entry.position) }];
    if (entry.kind === 'dead') return [{ ...entry, topic: '' }];
    return entry.kind === 'send' || entry.kind === 'sent' ? [] : [entry];
  });
  return [...sent, ...others];
}

/** The same history without what a consumer let go of when its assignment began to end: from then on its room is free. Pure. */
export function withoutDrains(entries: readonly Entry[]): Entry[] {
  const draining = new Set<string>();
  const assignments = new Map<string, Entry & { readonly kind: 'assign' }>();
  const result: Entry[] = [];
  for (const entry of entries) {
    if (entry.kind === 'assign') assignments.set(drainMark(entry.assignment), entry);
    else if (entry.kind === 'lost') draining.add(drainMark(entry.assignment));
    if (entry.kind === 'mark' && assignments.has(entry.name)) {
      const assignment = assignments.get(entry.name);
      draining.add(entry.name);
      if (assignment !== undefined) result.push({ ...assignment, at: entry.at, kind: 'revoke' });
    } else if (entry.kind !== 'read' || !draining.has(drainMark(entry.assignment))) result.push(entry);
  }
  return result;
}

/** Where `onFailure` is `stop` or `skip` nothing else settles; a dead-lettered event is settled by its letter. Pure. */
export function withoutDead(entries: readonly Entry[]): Entry[] {
  const dead = new Set(entries.flatMap((entry) => (entry.kind === 'dead' ? [entry.id] : [])));
  return entries.filter((entry) => entry.kind !== 'sent' || !dead.has(entry.id));
}

/** What retention removed nobody can go on with, and a copy that a resend left behind it has no place in the order. Pure. */
export function withoutExpired(entries: readonly Entry[]): Entry[] {
  const expired = new Set(
    entries.flatMap((entry) => (entry.kind === 'dead' && entry.code === expiredCode ? [entry.id] : [])),
  );
  return entries.filter((entry) => (entry.kind !== 'sent' && entry.kind !== 'deliver') || !expired.has(entry.id));
}

/** The same history without what stands for events that retention removed: letters only. Pure. */
export function withoutGaps(entries: readonly Entry[]): Entry[] {
  return entries.filter((entry) => entry.kind !== 'dead' || entry.code !== expiredCode);
}

/** Assignments that were handed back in time, by members that did not fail meanwhile. Pure. */
export function gracefulAssignments(entries: readonly Entry[]): ReadonlySet<number> {
  const marks = new Set(entries.flatMap((entry) => (entry.kind === 'mark' ? [entry.name] : [])));
  const assignments = entries.flatMap((entry) =>
    entry.kind === 'assign' && !marks.has(failedMark(entry.member)) ? [entry.assignment] : [],
  );
  return new Set(assignments.filter((assignment) => marks.has(gracefulMark(assignment))));
}

/** Everybody had left in time, and nobody had failed or gone without a word before. */
export function hasRestarted(entries: readonly Entry[]): boolean {
  const names = entries.flatMap((entry) => (entry.kind === 'mark' ? [entry.name] : []));
  const index = names.indexOf(restartMark);
  return index >= 0 && !names.slice(0, index).some((name) => name.startsWith(failedMark('')));
}
