import { afterFailure, isDecodeFailure } from '../retry/policy.ts';
import type { EngineSettings } from './settings.ts';

/** What follows from a failed attempt: another one after so many milliseconds, or what becomes of the event without one. */
export type Verdict = number | 'dead-letter' | 'skip' | 'stop';

/** Pure. `attempt` is the one that failed, counted from 1. */
export function judgeFailure(
  settings: Pick<EngineSettings, 'retry' | 'onFailure' | 'onUnknownType'>,
  attempt: number,
  failure: unknown,
  random: () => number,
): Verdict {
  const delayMs = afterFailure(settings.retry, attempt, failure, random);
  if (delayMs !== 'final') return delayMs;
  return isDecodeFailure(failure) && failure.isUnknownType ? settings.onUnknownType : settings.onFailure;
}
