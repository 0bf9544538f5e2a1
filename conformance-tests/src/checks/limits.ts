import type { Call, Entry, Holding } from '../history/entry.ts';
import { ofKind } from '../history/history.ts';
import { type Check, tell } from './check.ts';

/** Events handed to a member that it neither settled nor gave back never exceed its `maxInFlight`. */
export function inFlightAtMost(events: number): Check {
  return (entries) => {
    const held = new Map<string, Map<number, number>>();
    const holders = new Map<string, Call>();
    let most = 0;
    const count = ({ member, assignment }: Holding, change: number): void => {
      const assignments = held.get(member) ?? new Map<number, number>();
      // A handler that outlives its assignment gives no room back: the assignment took it along.
      if (change < 0 && !assignments.has(assignment)) return;
      held.set(member, assignments.set(assignment, (assignments.get(assignment) ?? 0) + change));
      most = Math.max(
        most,
        [...assignments.values()].reduce((sum, each) => sum + each, 0),
      );
    };
    for (const entry of entries) {
      if (entry.kind === 'read') count(entry, entry.events);
      else if (entry.kind === 'deliver') holders.set(entry.id, entry);
      else if (entry.kind === 'settle' && entry.result === 'ok') count(entry, -1);
      else if (entry.kind === 'revoke' || entry.kind === 'lost') held.get(entry.member)?.delete(entry.assignment);
      else if (entry.kind === 'dead') {
        const holder = holders.get(entry.id);
        if (holder !== undefined) count(holder, -1);
      }
    }
    return most > events ? [`${most} events in flight, ${events} are allowed`] : [];
  };
}

/** Bytes handed to a member whose handlers are blocked never exceed its budget. */
export function readBytesAtMost(bytes: number): Check {
  return (entries) => {
    const read = ofKind(entries, 'read').reduce((sum, entry) => sum + entry.bytes, 0);
    return read > bytes ? [`${read} bytes in flight, ${bytes} are allowed`] : [];
  };
}

/** Between two marks no handler was started. */
export function noDeliveryBetween(from: string, to: string): Check {
  return (entries) =>
    tell(
      'deliveries in between',
      between(entries, from, to).flatMap((entry) => (entry.kind === 'deliver' ? [entry.id] : [])),
    );
}

/** Between two marks no partition changed hands. */
export function noHandOverBetween(from: string, to: string): Check {
  return (entries) =>
    tell(
      'hand-overs in between',
      between(entries, from, to).flatMap((entry) =>
        entry.kind === 'revoke' || entry.kind === 'lost' ? [`${entry.kind} ${entry.partition}`] : [],
      ),
    );
}

export function between(entries: readonly Entry[], from: string, to: string): readonly Entry[] {
  const index = (name: string): number => entries.findIndex((entry) => entry.kind === 'mark' && entry.name === name);
  const [start, end] = [index(from), index(to)];
  if (start < 0 || end < 0) throw new Error(`the history has no mark ${start < 0 ? from : to}`);
  if (end < start) throw new Error(`in the history ${to} stands before ${from}`);
  return entries.slice(start, end);
}
