import { StreamError } from '../errors/stream-error.ts';
import type { Warnings } from '../observe/warnings.ts';
import type { Clock } from '../time/clock.ts';
import { pause, untilAborted } from '../time/wait.ts';
import { backoffDelay, type BackoffMs } from './backoff.ts';

export interface Retrying {
  /** What fails, for the warning: `topic "orders", group "billing"`. */
  readonly what: string;
  /** Who noticed, for errors that are none of ours. */
  readonly where: string;
  readonly warnings: Warnings;
  readonly signal: AbortSignal | undefined;
  /** Whether an error may pass by itself; default: whether it is retryable. */
  readonly passes?: (error: StreamError) => boolean;
  /** Milliseconds to wait after so many failures in a row, the last of which was this one; by default a backoff of 50 ms to 2 s. */
  readonly waitMs?: (error: StreamError, failures: number) => number;
  readonly clock?: Clock;
  readonly random?: () => number;
}

const backoff: BackoffMs = { initial: 100, max: 2_000, jitter: 'full' };
/** However the dice fall: a service that is away is not asked all the time. */
const leastWaitMs = 50;

/**
 * The work's result, tried again after a backoff for as long as its failures are retryable, with a warning; `undefined` once
 * aborted, also while the work hangs. Rejects with the first error that does not pass.
 */
export async function retrying<T>(work: () => Promise<T>, options: Retrying): Promise<T | undefined> {
  const { where, signal, passes = ({ retryable }) => retryable } = options;
  for (let failures = 1; !isOver(signal); failures++) {
    try {
      return await untilAborted(work(), signal);
    } catch (thrown) {
      if (isOver(signal)) return undefined;
      const error = StreamError.from(thrown, where);
      if (!passes(error)) throw error;
      await waitToRetry(error, failures, options);
    }
  }
  return undefined;
}

/** Tells of the error, and waits before the next try; returns at once when aborted. */
export async function waitToRetry(error: StreamError, failures: number, options: Retrying): Promise<void> {
  const { what, warnings, signal, clock, waitMs, random = Math.random } = options;
  warnings.tell(`${what}: ${troubleOf(error)}; retrying`, error);
  const delayMs = waitMs?.(error, failures) ?? Math.max(leastWaitMs, backoffDelay(backoff, failures, random));
  await pause(delayMs, signal, clock);
}

function troubleOf({ code }: StreamError): string {
  return code === 'throttled' ? 'the service allows no more requests for now' : 'cannot reach the service';
}

function isOver(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}
