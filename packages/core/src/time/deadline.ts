import { StreamError } from '../errors/stream-error.ts';
import { type Clock, systemClock } from './clock.ts';
import { linkedSignal } from './on-abort.ts';
import { untilAborted } from './wait.ts';

export interface Deadline {
  readonly ms: number;
  /** Why the signal is aborted once the time is over. */
  readonly late: () => StreamError;
  /** The work is aborted with the first of these, too. */
  readonly signals?: readonly (AbortSignal | undefined)[];
  readonly clock?: Clock;
}

/**
 * What `work` answers, with a signal that is aborted after `ms` or with the first of the given signals. The deadline goes
 * when the work settles.
 *
 * It replaces `AbortSignal.any([signal, AbortSignal.timeout(ms)])`, which may never be aborted: a combined signal holds
 * the signals that it was made of weakly, so that a timeout nobody else refers to is collected with its timer. Source: the
 * issue https://github.com/nodejs/node/issues/57736.
 */
export async function withDeadline<T>(
  { ms, late, signals = [], clock = systemClock }: Deadline,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const over = new AbortController();
  const { signal, unlink } = linkedSignal([...signals, over.signal]);
  const cancel = clock.timer(ms, () => over.abort(late()));
  try {
    return await work(signal);
  } finally {
    cancel();
    unlink();
  }
}

/** Whether the work settled within `ms`, however; what it rejects with is dropped. The signal ends the wait, too. */
export async function settledWithin(work: Promise<unknown>, ms: number, signal?: AbortSignal): Promise<boolean> {
  const settled = work.then(
    () => true,
    () => true,
  );
  const late = (): StreamError => new StreamError('timeout', `not settled within ${ms} ms`, { where: 'isostream' });
  return withDeadline({ ms, late, signals: [signal] }, (either) => untilAborted(settled, either)).catch(() => false);
}
