import { StreamError } from '../errors/stream-error.ts';
import type { Warnings } from '../observe/warnings.ts';
import { systemClock, type Clock } from '../time/clock.ts';
import { sleep, untilAborted } from '../time/wait.ts';
import { backoffDelay, type BackoffMs } from './backoff.ts';

export interface Retrying {
  /** What fails, for the warning: `topic "orders", group "billing"`. */
  readonly what: string;
  /** Who noticed, for errors that are none of ours. */
  readonly where: string;
  readonly warnings: Warnings;
  readonly signal: AbortSignal;
  readonly clock?: Clock;
  readonly random?: () => number;
}

const backoff: BackoffMs = { initial: 100, max: 2_000, jitter: 'full' };
/** However the dice fall: a service that is away is not asked all the time. */
const leastWaitMs = 50;

/**
 * The work's result, tried again after a backoff for as long as its failures are retryable, with a warning; `undefined` once
 * aborted, also while the work hangs. Rejects with the first error that is not retryable.
 */
export async function retrying<T>(work: () => Promise<T>, options: Retrying): Promise<T | undefined> {
  const { where, signal } = options;
  for (let failures = 1; !signal.aborted; failures++) {
    try {
      return await untilAborted(work(), signal);
    } catch (thrown) {
      if (signal.aborted) return undefined;
      const error = StreamError.from(thrown, where);
      if (!error.retryable) throw error;
      await waitToRetry(error, failures, options);
    }
  }
  return undefined;
}

/** Tells of the error, and waits before the next try; returns at once when aborted. */
export async function waitToRetry(error: StreamError, failures: number, options: Retrying): Promise<void> {
  const { what, warnings, signal, clock = systemClock, random = Math.random } = options;
  warnings.tell(`${what}: cannot reach the service; retrying`, error);
  const delayMs = Math.max(leastWaitMs, backoffDelay(backoff, failures, random));
  await sleep(clock, delayMs, signal).catch(() => undefined);
}
