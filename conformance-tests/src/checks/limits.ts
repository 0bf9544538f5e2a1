import type { Entry } from '../history/entry.ts';
import { ofKind } from '../history/history.ts';
import { type Check, tell } from './check.ts';

/** F1: events handed to a member and not settled never exceed its `maxInFlight`. */
export function inFlightAtMost(events: number): Check {
  return (entries) => {
    const held = new Map<string, number>();
    let most = 0;
    for (const entry of entries) {
      if (entry.kind !== 'read' && !(entry.kind === 'settle' && entry.result !== 'retry')) continue;
      const count = (held.get(entry.member) ?? 0) + (entry.kind === 'read' ? entry.events : -1);
      held.set(entry.member, count);
      most = Math.max(most, count);
    }
    return most > events ? [`${most} events in flight, ${events} are allowed`] : [];
  };
}

/** F2: bytes handed to a member whose handlers are blocked never exceed its budget. */
export function readBytesAtMost(bytes: number): Check {
  return (entries) => {
    const read = ofKind(entries, 'read').reduce((sum, entry) => sum + entry.bytes, 0);
    return read > bytes ? [`${read} bytes in flight, ${bytes} are allowed`] : [];
  };
}

/** F3, I1: between two marks no handler was started. */
export function noDeliveryBetween(from: string, to: string): Check {
  return (entries) => tell('deliveries in between', between(entries, from, to).flatMap((entry) => (entry.kind === 'deliver' ? [entry.id] : [])));
}

/** F3: between two marks no partition changed hands. */
export function noHandOverBetween(from: string, to: string): Check {
  return (entries) =>
    tell(
      'hand-overs in between',
      between(entries, from, to).flatMap((entry) => (entry.kind === 'revoke' || entry.kind === 'lost' ? [`${entry.kind} ${entry.partition}`] : [])),
    );
}

export function between(entries: readonly Entry[], from: string, to: string): readonly Entry[] {
  const index = (name: string): number => entries.findIndex((entry) => entry.kind === 'mark' && entry.name === name);
  const [start, end] = [index(from), index(to)];
  if (start < 0 || end < 0) throw new Error(`the history has no mark ${start < 0 ? from : to}`);
  return entries.slice(start, end);
}
