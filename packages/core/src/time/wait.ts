import { StreamError } from '../errors/stream-error.ts';
import { type Clock, systemClock } from './clock.ts';
import { onAbort } from './on-abort.ts';

/** Resolves after `ms`; rejects with `aborted` as soon as the signal is aborted. */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) return reject(abortedBy(signal));
    const cancel = clock.timer(ms, () => {
      forget?.();
      resolve();
    });
    const forget =
      signal &&
      onAbort(signal, () => {
        cancel();
        reject(abortedBy(signal));
      });
  });
}

/** True after `ms`; false as soon as the signal is aborted. For loops that look at the signal anyway and need no error for it. */
export function pause(ms: number, signal: AbortSignal | undefined, clock: Clock = systemClock): Promise<boolean> {
  return sleep(clock, ms, signal).then(
    () => true,
    () => false,
  );
}

/** The work's own result, or a rejection with `aborted` as soon as the signal is aborted. The work itself goes on. */
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(abortedBy(signal));
    if (signal.aborted) stop();
    const forget = signal.aborted ? undefined : onAbort(signal, stop);
    work.then(resolve, reject).finally(() => forget?.());
  });
}

/** The error for an aborted signal: its own reason if that is one of ours, else `aborted`. */
export function abortedBy(signal: AbortSignal | undefined): StreamError {
  const reason: unknown = signal?.reason;
  if (StreamError.is(reason)) return reason;
  return new StreamError('aborted', 'the call was aborted by its signal', { where: 'isostream', cause: reason });
}
