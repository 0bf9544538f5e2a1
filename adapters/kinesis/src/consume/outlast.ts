import { backoffDelay, observe, sleep, StreamError, systemClock } from '@isostream/core/adapter';

const warning = observe('adapter:warning');

/** The work's result, tried again for as long as its failures pass; `undefined` once aborted. Rejects with what needs a person. */
export async function outlast<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  for (let failures = 1; !signal.aborted; failures++) {
    try {
      return await work();
    } catch (thrown) {
      if (signal.aborted) return undefined;
      const error = StreamError.from(thrown, 'kinesis');
      if (!error.retryable) throw error;
      warning.publish({ adapter: 'kinesis', message: 'a call failed, it is tried again', error });
      const delayMs = backoffDelay({ initial: 100, max: 2_000, jitter: 'full' }, failures, Math.random);
      await sleep(systemClock, delayMs, signal).catch(() => undefined);
    }
  }
  return undefined;
}
