import { type Check, ofKind, tell } from '@isostream/conformance/checks';

/**
 * KEY-ORDER: where a member can tell by its own clock that a partition may be somebody else's, nothing is handed out under a
 * assignment after that; within the same millisecond it may have been on its way.
 */
export const nothingAfterTheAssignmentEnded: Check = (entries) => {
  const lost = new Map<number, number>();
  const wrong: string[] = [];
  for (const { assignment, at } of ofKind(entries, 'lost')) if (!lost.has(assignment)) lost.set(assignment, at);
  for (const { assignment, at, id, member } of ofKind(entries, 'deliver'))
    if (at > (lost.get(assignment) ?? Infinity)) wrong.push(`${id} at ${member} under assignment ${assignment}`);
  return tell('handed out under an assignment that had ended', wrong);
};
