import type { Entry, EntryOf } from '../history/entry.ts';
import { ofKind } from '../history/history.ts';
import { type Check, tell } from './check.ts';

function deliveriesById(entries: readonly Entry[]): Map<string, EntryOf<'deliver'>[]> {
  const calls = new Map<string, EntryOf<'deliver'>[]>();
  for (const entry of ofKind(entries, 'deliver')) {
    const list = calls.get(entry.id);
    if (list === undefined) calls.set(entry.id, [entry]);
    else list.push(entry);
  }
  return calls;
}

/** The attempts of an event count 1, 2, 3, … under each assignment; one that is stored again has attempts of its own. */
export const attemptsCount: Check = (entries) => {
  const wrong: string[] = [];
  const expected = new Map<string, number>();
  for (const { id, attempt, assignment, position } of ofKind(entries, 'deliver')) {
    const place = [assignment, id, position].join('\n');
    const next = (expected.get(place) ?? 0) + 1;
    if (attempt !== next) wrong.push(`${id}: attempt ${attempt} where ${next} was due`);
    expected.set(place, next);
  }
  return tell('wrong attempt numbers', wrong);
};

/** Each of these events was delivered exactly so often. */
export function deliveredTimes(expected: (id: string) => number): Check {
  return (entries) => {
    const calls = deliveriesById(entries);
    const wrong = ofKind(entries, 'sent').flatMap(({ id }) => {
      const count = calls.get(id)?.length ?? 0;
      return count === expected(id) ? [] : [`${id} (${count} instead of ${expected(id)})`];
    });
    return tell('delivered a wrong number of times', wrong);
  };
}

/** Exactly these events have a dead letter, and each of them exactly one. */
export function deadLettersOf(ids: ReadonlySet<string>): Check {
  return (entries) => {
    const found = ofKind(entries, 'dead').map((entry) => entry.id);
    const missing = [...ids].filter((id) => !found.includes(id));
    const strangers = found.filter((id) => !ids.has(id));
    const repeated = found.filter((id, index) => found.indexOf(id) !== index);
    return [
      ...tell('without a dead letter', missing),
      ...tell('dead letters of others', strangers),
      ...tell('dead letters twice', repeated),
    ];
  };
}
