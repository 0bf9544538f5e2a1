import { NonRetryableError, StreamError } from '../errors/stream-error.ts';
import { messageOf } from '../errors/message-of.ts';
import { backoffDelay, type BackoffMs } from './backoff.ts';

export interface RetryPolicy {
  readonly attempts: number;
  readonly backoff: BackoffMs;
}

/** Wraps the error of a codec, so that it is told apart from the same error thrown by a handler. */
export class DecodeFailure extends Error {
  readonly error: StreamError;
  /** It is an event as it should be, of a type that the topic's declaration here does not have. */
  readonly isUnknownType: boolean;
  /** Set where the bytes may be as they should be: `again` once what it takes to read them is back, `stop` until somebody acts. */
  readonly fate: 'again' | 'stop' | undefined;

  constructor(error: StreamError, isUnknownType = false, fate?: 'again' | 'stop') {
    super(error.message);
    this.error = error;
    this.isUnknownType = isUnknownType;
    this.fate = fate;
  }
}

/** The wait before the next attempt in milliseconds, or `final`: pure. `attempt` is the one that failed, counted from 1. */
export function afterFailure(
  policy: RetryPolicy,
  attempt: number,
  failure: unknown,
  random: () => number,
): number | 'final' {
  if (attempt >= policy.attempts || isDecodeFailure(failure) || NonRetryableError.is(failure)) return 'final';
  return backoffDelay(policy.backoff, attempt, random);
}

/** What a failed attempt is called in letters, observations and a consumer's rejection. */
export function failureError(failure: unknown): StreamError {
  if (isDecodeFailure(failure)) return failure.error;
  if (StreamError.is(failure)) return failure;
  return new StreamError('handler-failed', messageOf(failure), { where: 'consumer', cause: failure });
}

/** As `instanceof`, which throws for a Proxy that does not say what it is. */
export function isDecodeFailure(failure: unknown): failure is DecodeFailure {
  try {
    return failure instanceof DecodeFailure;
  } catch {
    return false;
  }
}
