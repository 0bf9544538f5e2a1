import { StreamError } from '../errors/stream-error.ts';
import type { Clock } from './clock.ts';

/** Resolves after `ms`; rejects with `aborted` as soon as the signal is aborted. */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) return reject(abortedBy(signal));
    const cancel = clock.timer(ms, () => {
      signal?.removeEventListener('abort', stop);
      resolve();
    });
    const stop = (): void => {
      cancel();
      reject(abortedBy(signal));
    };
    signal?.addEventListener('abort', stop, { once: true });
  });
}

/** The work's own result, or a rejection with `aborted` as soon as the signal is aborted. The work itself goes on. */
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(abortedBy(signal));
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

/** The error for an aborted signal: its own reason if that is one of ours, else `aborted`. */
export function abortedBy(signal: AbortSignal | undefined): StreamError {
  const reason: unknown = signal?.reason;
  if (StreamError.is(reason)) return reason;
  return new StreamError('aborted', 'the call was aborted by its signal', { where: 'isostream', cause: reason });
}
