import { checkNames, oneOf } from '../options/checks.ts';
import { toMilliseconds, type Duration } from '../units/units.ts';

/** How long to wait before the next attempt: `initial · 2^(n-1)`, never above `max`. */
export interface Backoff {
  readonly initial?: Duration;
  readonly max?: Duration;
  /** `full` draws uniformly from 0 to the wait, `none` waits it exactly. Source: "Exponential Backoff And Jitter", AWS Architecture Blog, 2015. */
  readonly jitter?: 'full' | 'none';
}

export interface BackoffMs {
  readonly initial: number;
  readonly max: number;
  readonly jitter: 'full' | 'none';
}

/** A backoff in milliseconds, defaults filled in. Throws `invalid-config` that names the option. */
export function resolveBackoff(backoff: Backoff | undefined, defaults: BackoffMs, option: string): BackoffMs {
  if (backoff !== undefined) checkNames(backoff, ['initial', 'max', 'jitter'], 'config', option);
  return {
    initial: backoff?.initial === undefined ? defaults.initial : toMilliseconds(backoff.initial, `${option}.initial`),
    max: backoff?.max === undefined ? defaults.max : toMilliseconds(backoff.max, `${option}.max`),
    jitter: oneOf(`${option}.jitter`, backoff?.jitter ?? defaults.jitter, ['full', 'none'], 'config'),
  };
}

/** The wait after `failures` failed attempts (1 or more), in milliseconds. `random` returns a number in [0, 1). */
export function backoffDelay(backoff: BackoffMs, failures: number, random: () => number): number {
  // 2^31 times any initial wait is above every max; beyond that the power would overflow to Infinity times 0.
  const wait = Math.min(backoff.max, backoff.initial * 2 ** Math.min(failures - 1, 31));
  return backoff.jitter === 'full' ? wait * random() : wait;
}
