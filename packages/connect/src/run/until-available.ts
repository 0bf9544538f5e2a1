import { pause } from '@isostream/core/adapter';
import { SourceUnavailable } from '../sources/source.ts';

const firstWaitMs = 200;
const longestWaitMs = 30_000;

/**
 * What `work` answers, tried again for as long as it throws `SourceUnavailable`: after the wait that the error asks for, else
 * after 200 ms doubling to 30 s. `undefined` once aborted. Any other error is thrown.
 */
export async function untilAvailable<T>(
  work: () => Promise<T>,
  signal: AbortSignal,
  say: (line: string) => void,
): Promise<T | undefined> {
  for (let wait = firstWaitMs; !signal.aborted; wait = Math.min(wait * 2, longestWaitMs)) {
    try {
      return await work();
    } catch (error) {
      if (signal.aborted) return undefined;
      if (!(error instanceof SourceUnavailable)) throw error;
      const ms = error.waitMs ?? wait;
      say(`${error.message}; tries again in ${ms} ms`);
      await pause(ms, signal);
    }
  }
  return undefined;
}
