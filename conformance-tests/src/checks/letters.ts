import type { Call, EntryOf } from '../history/entry.ts';
import { type Check, eachGroup, tell } from './check.ts';

type Settled = EntryOf<'settle'>;

/** The attempt after which nothing is left but a letter. */
function isHopeless({ result, attempt }: Settled, attempts: number): boolean {
  return result === 'reject' || (result === 'retry' && attempt >= attempts);
}

/**
 * DEAD-LETTER: a letter is written after the last attempt failed, or one that was refused, and for nothing else; it tells
 * how often the handler was called. What a member under another assignment did with the event says nothing about its letter.
 */
export function lettersAfterTheLastAttempt(attempts: number): Check {
  return eachGroup((entries) => {
    /** Of each event the newest end of an attempt, by assignment. */
    const ends = new Map<string, Map<number, Settled>>();
    const wrong: string[] = [];
    for (const entry of entries) {
      if (entry.kind === 'settle') {
        const assignments = ends.get(entry.id) ?? new Map<number, Settled>();
        ends.set(entry.id, assignments.set(entry.assignment, entry));
      } else if (entry.kind === 'dead') {
        const newest = [...(ends.get(entry.id)?.values() ?? [])];
        if (newest.some((end) => isHopeless(end, attempts) && end.attempt === entry.attempts)) continue;
        const had = newest.map(({ attempt, result }) => `${attempt} ${result}`).join(' or ');
        wrong.push(`${entry.id} after ${entry.attempts}, by its letter, and ${had || 'none'}`);
      }
    }
    return tell('letters that do not stand behind the last attempt', wrong);
  });
}

/** RETRY: no handler is called more often under one assignment than the policy says, nor after it refused the event. */
export function attemptsAtMost(attempts: number): Check {
  return eachGroup((entries) => {
    const refused = new Set<string>();
    const wrong: string[] = [];
    const nameOf = ({ assignment, id }: Call): string => `${assignment} ${id}`;
    for (const entry of entries) {
      if (entry.kind === 'settle' && entry.result === 'reject') refused.add(nameOf(entry));
      else if (entry.kind === 'deliver' && (entry.attempt > attempts || refused.has(nameOf(entry))))
        wrong.push(`${entry.id}, attempt ${entry.attempt}`);
    }
    return tell(`attempts beyond ${attempts}, or after a refusal`, wrong);
  });
}
