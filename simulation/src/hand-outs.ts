import { type Check, ofKind, tell } from '@isostream/conformance/checks';

/**
 * KEY-ORDER: where a member can tell by its own clock that a partition may be somebody else's, nothing is handed out under a
 * lease after that; within the same millisecond it may have been on its way.
 */
export const nothingAfterTheLeaseEnded: Check = (entries) => {
  const lost = new Map<number, number>();
  const wrong: string[] = [];
  for (const { lease, at } of ofKind(entries, 'lost')) if (!lost.has(lease)) lost.set(lease, at);
  for (const { lease, at, id, member } of ofKind(entries, 'deliver'))
    if (at > (lost.get(lease) ?? Infinity)) wrong.push(`${id} at ${member} under lease ${lease}`);
  return tell('handed out under a lease that had ended', wrong);
};
