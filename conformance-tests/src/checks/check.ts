import type { Entry } from '../history/entry.ts';
import { byGroup } from '../history/history.ts';

/** Judges a history: one line a violation, none if the promise was kept. Pure; it never sorts and never drops duplicates. */
export type Check = (entries: readonly Entry[]) => readonly string[];

/** Judges each group on each topic by itself: what another group settled or committed says nothing about it. */
export function eachGroup(check: Check): Check {
  return (entries) => byGroup(entries).flatMap((own) => check(own));
}

/** One line for any number of findings, with the first few by name. */
export function tell(what: string, found: readonly string[]): readonly string[] {
  if (found.length === 0) return [];
  const more = found.length > 5 ? `, and ${found.length - 5} more` : '';
  return [`${found.length} ${what}: ${found.slice(0, 5).join(', ')}${more}`];
}

/** The vacuity guard: a scenario in which too little happened proves nothing. */
export function atLeast(what: string, count: number, minimum: number): readonly string[] {
  return count >= minimum ? [] : [`only ${count} ${what}, at least ${minimum} were to happen`];
}

/** Something took longer than it may: milliseconds. */
export function within(what: string, ms: number, limitMs: number): readonly string[] {
  return ms < limitMs ? [] : [`${what} after ${ms.toFixed(0)} ms, ${limitMs} are allowed`];
}
