import { type Check, isSettled, tell } from '@isostream/conformance/checks';
import { expiredCode } from './service.ts';
import { gracefulAssignments } from './views.ts';

/** An assignment that was handed back in time leaves nothing behind that it had handed out and not told to be settled. */
export function repeatsNothing(settlement: 'watermark' | 'individual'): Check {
  return (entries) => {
    const graceful = gracefulAssignments(entries);
    const handedOut = new Map<number, Set<number>>();
    const told = new Map<string, Set<number>>();
    const wrong: string[] = [];
    for (const entry of entries) {
      if (entry.kind === 'deliver')
        handedOut.set(entry.assignment, (handedOut.get(entry.assignment) ?? new Set()).add(Number(entry.position)));
      else if (entry.kind === 'commit')
        told.set(entry.partition, (told.get(entry.partition) ?? new Set()).add(Number(entry.position)));
      else if (entry.kind === 'revoke' && graceful.has(entry.assignment)) {
        const positions = told.get(entry.partition) ?? new Set();
        const isTold = (position: number): boolean =>
          settlement === 'individual' ? positions.has(position) : position <= Math.max(-1, ...positions);
        const left = [...(handedOut.get(entry.assignment) ?? [])].filter((position) => !isTold(position));
        if (left.length > 0) wrong.push(`${entry.partition}: assignment ${entry.assignment} handed out ${left.join()}`);
      }
    }
    return tell('left behind by a graceful leave', wrong);
  };
}

/** NO-LOSS, where events are settled one by one: what the service was told to be settled was. */
export const settledOnly: Check = (entries) => {
  const settled = new Set<string>();
  const wrong: string[] = [];
  for (const entry of entries) {
    if (isSettled(entry)) settled.add(entry.id);
    else if (entry.kind === 'commit') {
      const place = `${entry.partition}/${entry.position}`;
      if (!settled.has(place)) wrong.push(place);
    }
  }
  return tell('told to be settled before they were', wrong);
};

/** Events of a key are told to be settled in their order: else a service could hand out the later one first. */
export const toldInOrder: Check = (entries) => {
  const keys = new Map<string, string | null>();
  const open = new Map<string | null, Set<string>>();
  const wrong: string[] = [];
  for (const entry of entries) {
    if (entry.kind === 'deliver' && entry.key !== null && !keys.has(entry.id)) {
      keys.set(entry.id, entry.key);
      open.set(entry.key, (open.get(entry.key) ?? new Set()).add(entry.id));
    } else if (entry.kind === 'dead' && entry.code === expiredCode)
      open.get(keys.get(entry.id) ?? null)?.delete(entry.id);
    else if (entry.kind === 'commit') {
      const place = `${entry.partition}/${entry.position}`;
      const ofKey = open.get(keys.get(place) ?? null) ?? new Set();
      const [first] = ofKey;
      if (ofKey.delete(place) && first !== place) wrong.push(`${place} before ${first}`);
    }
  }
  return tell('told out of order', wrong);
};
