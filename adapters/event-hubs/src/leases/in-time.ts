import { abortedBy, linkedSignal, StreamError } from '@isostream/core/adapter';

export interface InTimeOptions {
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  /** It was given up for want of an answer, by us or by whoever asked. */
  readonly unanswered?: (() => void) | undefined;
}

/**
 * A request to storage, which is given up when nothing comes for so long; `goesOn` says that something came. HTTP clients
 * keep connections for the next request, and one whose other end is gone without a word would swallow each: only a
 * request that is given up takes its connection with it.
 */
export async function inTime<T>(
  { timeoutMs, signal: caller, unanswered }: InTimeOptions,
  request: (signal: AbortSignal, goesOn: () => void) => Promise<T>,
): Promise<T> {
  const late = new AbortController();
  const { signal, unlink } = linkedSignal([caller, late.signal]);
  const timer = setTimeout(() => {
    const message = `storage did not answer within ${timeoutMs} ms. It is retried`;
    late.abort(new StreamError('timeout', message, { where: 'event-hubs' }));
  }, timeoutMs);
  try {
    return await request(signal, () => timer.refresh());
  } catch (thrown) {
    if (late.signal.aborted || isTimeout(caller)) unanswered?.();
    if (late.signal.aborted) throw abortedBy(late.signal);
    throw thrown;
  } finally {
    clearTimeout(timer);
    unlink();
  }
}

function isTimeout(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true && abortedBy(signal).code === 'timeout';
}
