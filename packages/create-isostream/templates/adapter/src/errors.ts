import { type ErrorCode, messageOf, type Outcome, StreamError } from '@isostream/core/adapter';
import { ServiceError } from './service.js';

const meanings: Readonly<Record<ServiceError['reason'], readonly [code: ErrorCode, cure: string]>> = {
  'no-such-topic': ['unknown-topic', "Create it, or connect with topology: 'ensure'"],
  'topic-exists': ['conflict', 'It exists'],
  'no-such-partition': ['topic-mismatch', 'The topic was created anew'],
};

/** A StreamError for whatever the service throws. What nobody foresaw is `internal`, and is not retried. */
export function toStreamError(thrown: unknown, what: string, outcome: Outcome = 'unknown'): StreamError {
  if (StreamError.is(thrown)) return thrown;
  const [code, cure] =
    thrown instanceof ServiceError ? meanings[thrown.reason] : (['internal', 'Nobody foresaw this'] as const);
  return new StreamError(code, `${what}: ${messageOf(thrown)}. ${cure}`, {
    where: 'example',
    cause: thrown,
    // A refusal stored nothing. All else is 'unknown' where the request may have arrived.
    outcome: thrown instanceof ServiceError ? 'not-written' : outcome,
  });
}

/** Runs a call of the service, and throws what it throws as a StreamError. */
export async function asked<T>(what: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (thrown) {
    throw toStreamError(thrown, what);
  }
}
