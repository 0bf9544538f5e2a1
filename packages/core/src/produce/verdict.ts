import type { StreamError } from '../errors/stream-error.ts';

/** What becomes of a batch that failed. */
export type Verdict = 'place anew' | 'take apart' | 'retry' | 'give up';

/** Refusals that one event of a batch brings upon the others: alone these pass. */
const isOfOneEvent: ReadonlySet<string> = new Set([
  'event-too-large',
  'invalid-event',
  'invalid-header',
  'invalid-key',
]);

/** The topic is not the one that the sink was opened for: it is gone, or was created anew. */
const isAnotherTopic: ReadonlySet<string> = new Set(['topic-mismatch', 'unknown-topic']);

/** Lanes are another topic's by now. */
export function isOutdated({ code }: StreamError): boolean {
  return isAnotherTopic.has(code);
}

/** `isInTime`: another attempt could begin before the deadline of the batch. */
export function verdictOn(
  batch: { readonly maybeWritten: boolean; readonly events: { readonly length: number } },
  { code, retryable }: StreamError,
  isInTime: boolean,
): Verdict {
  // The lane is not there any more, so nothing of the batch can be stored in it.
  if (code === 'topic-mismatch' && isInTime) return 'place anew';
  if (isOfOneEvent.has(code) && !batch.maybeWritten && batch.events.length > 1) return 'take apart';
  return retryable && isInTime ? 'retry' : 'give up';
}
