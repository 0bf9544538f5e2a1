import { byGroup, isSettled, ofKind } from '../history/history.ts';
import { type Check, tell } from './check.ts';

// What lies in the log in the end, as a replay found it: also events of which nobody was told that they are stored.

/** Whatever is stored was settled by every group, or has its letter there. */
export const everyStoredSettled: Check = (entries) => {
  const stored = ofKind(entries, 'stored').map(({ id }) => id);
  return byGroup(entries).flatMap((own) => {
    const done = new Set(own.filter(isSettled).map(({ id }) => id));
    return tell(
      'stored, but not settled',
      stored.filter((id) => !done.has(id)),
    );
  });
};

/** The first copies of a key's events lie in the order sent, but for those whose send failed: they have no promised place. */
export const storedInOrder: Check = (entries) => {
  const failed = new Set(ofKind(entries, 'send-failed').map(({ id }) => id));
  const seen = new Set<string>();
  const last = new Map<string, number>();
  const wrong: string[] = [];
  for (const { id, key, seq } of ofKind(entries, 'stored')) {
    if (key === null || failed.has(id) || seen.has(id)) continue;
    seen.add(id);
    const before = last.get(key) ?? -1;
    if (seq < before) wrong.push(`${key}: ${seq} after ${before}`);
    last.set(key, seq);
  }
  return tell('stored out of order', wrong);
};

/** SEND: every acknowledged event is stored, and where the service recognises repeated batches, no event twice. */
export function storedOnce(idempotentWrites: boolean): Check {
  return (entries) => {
    const copies = new Map<string, number>();
    for (const { id } of ofKind(entries, 'stored')) copies.set(id, (copies.get(id) ?? 0) + 1);
    const twice = [...copies].filter(([, count]) => count > 1);
    return [
      ...tell(
        'acknowledged, but not stored',
        ofKind(entries, 'sent').flatMap(({ id }) => (copies.has(id) ? [] : [id])),
      ),
      ...tell('stored more than once', idempotentWrites ? twice.map(([id, count]) => `${id} (${count}x)`) : []),
    ];
  };
}
