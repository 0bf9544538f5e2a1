import { NonRetryableError, StreamError } from '../errors/stream-error.ts';
import { backoffDelay, type BackoffMs } from './backoff.ts';

export interface RetryPolicy {
  readonly attempts: number;
  readonly backoff: BackoffMs;
}

/** Wraps the error of a codec, so that it is told apart from the same error thrown by a handler. */
export class DecodeFailure extends Error {
  readonly error: StreamError;

  constructor(error: StreamError) {
    super(error.message);
    this.error = error;
  }
}

/** The wait before the next attempt in milliseconds, or `final`: pure. `attempt` is the one that failed, counted from 1. */
export function afterFailure(
  policy: RetryPolicy,
  attempt: number,
  failure: unknown,
  random: () => number,
): number | 'final' {
  if (attempt >= policy.attempts || failure instanceof DecodeFailure || NonRetryableError.is(failure)) return 'final';
  return backoffDelay(policy.backoff, attempt, random);
}

/** What a failed attempt is called in letters, observations and a consumer's rejection. */
export function failureError(failure: unknown): StreamError {
  if (failure instanceof DecodeFailure) return failure.error;
  if (StreamError.is(failure)) return failure;
  const message = failure instanceof Error ? failure.message : String(failure);
  return new StreamError('handler-failed', message, { where: 'consumer', cause: failure });
}
