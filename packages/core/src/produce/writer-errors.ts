import type { ErrorCode } from '../errors/codes.ts';
import { type Outcome, StreamError } from '../errors/stream-error.ts';
import type { Key } from '../model/encoded.ts';
import type { WriterSettings } from './settings.ts';

export function closed(): StreamError {
  return producerError('closed', 'the producer is closed. Create a new one', 'not-written');
}

/** Whether the event was stored is for the caller to add. */
export function closedTooEarly(): StreamError {
  return producerError('closed', 'the producer was closed before the event was stored. Give close() a longer deadline');
}

export function keyFailed(key: Key): StreamError {
  const message = `an earlier event of key ${JSON.stringify(key)} failed permanently. Call resumeKey() to let later ones through`;
  return producerError('key-failed', message, 'not-written');
}

export function noRoom({ maxEvents, maxBytes }: WriterSettings, forMs: number): StreamError {
  const message = `no room in the buffer of ${maxEvents} events and ${maxBytes} bytes for ${forMs} ms. Send slower, or raise maxBuffered or maxBlock`;
  return producerError('backpressure', message, 'not-written');
}

export function tooLarge(topic: string, bytes: number, limit: number): StreamError {
  const message = `event of ${bytes} bytes is over the limit of ${limit} of topic "${topic}". Split it, or send a reference to it`;
  return producerError('event-too-large', message, 'not-written');
}

export function noStoredTime(topic: string): StreamError {
  const message = `topic "${topic}" stamps events by the clock of the service, and the event brings a time. Leave it out, or write to a topic that keeps it`;
  return producerError('unsupported', message, 'not-written');
}

/** `last` is why it could not be sent so far, if that is known. */
export function tooLate(timeoutMs: number, outcome: Outcome, last?: StreamError): StreamError {
  const why = last === undefined ? '' : `: ${last.message}`;
  const cause = last === undefined ? {} : { cause: last };
  const message = `the event was not acknowledged within ${timeoutMs} ms${why}`;
  return new StreamError(last?.code ?? 'timeout', message, { where: 'producer', outcome, retryable: true, ...cause });
}

/** The schema of the event did not answer. */
export function encodedTooLate(timeoutMs: number): StreamError {
  return producerError(
    'timeout',
    `the schema or the codec of the event did not answer within ${timeoutMs} ms`,
    'not-written',
  );
}

/** What a sink returned does not fit what it was given. */
export function wrongCount(results: number, events: number): StreamError {
  return producerError('internal', `${results} results for ${events} events`, 'unknown');
}

function producerError(code: ErrorCode, message: string, outcome?: Outcome): StreamError {
  return new StreamError(code, message, { where: 'producer', ...(outcome === undefined ? {} : { outcome }) });
}
