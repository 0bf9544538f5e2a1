import { StreamError } from '@isostream/core';
import type { LetterGroup } from './groups.ts';

/** What the plan of an act on letters says: the letters that it is about are fixed with it. */
export interface LetterPlan {
  readonly kind: 'redrive' | 'discard' | 'edit';
  readonly topic: string;
  readonly group: string;
  /** How many letters it is about. */
  readonly letters: number;
  /** Of those that match, left out: at the limit of redrives, and without an event. */
  readonly looping: number;
  readonly unreadable: number;
  readonly groups: readonly LetterGroup[];
  readonly sentence: string;
}

/** How far an act on letters is, or what it did. */
export interface LetterReport {
  readonly done: number;
  readonly of: number;
}

/** A plan with what it needs to be run. */
export interface RunnableLetters {
  readonly plan: LetterPlan;
  /** The ids of the letters that it is about. */
  readonly ids: readonly string[];
  /** Acts on the letters of the plan that are still there, and on no other. */
  readonly run: (options?: {
    readonly signal?: AbortSignal;
    readonly progress?: (report: LetterReport) => void;
  }) => Promise<LetterReport>;
}

/** So many letters, in words. */
export function counted(letters: number): string {
  return letters === 1 ? '1 letter' : `${letters.toLocaleString('en-US')} letters`;
}

/** Refuses an act, with what to do. */
export function refusal(message: string): StreamError {
  return new StreamError('invalid-config', message, { where: 'dead letters' });
}
