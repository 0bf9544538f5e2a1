import { backoffDelay, retrying, sleep, StreamError, systemClock, Warnings } from '@isostream/core/adapter';

const warnings = new Warnings('kinesis');
/** A shard takes five reads per second, from all who read it. */
export const readIntervalMs = 200;

/** The work's result, tried again for as long as its failures pass; `undefined` once aborted. Rejects with errors that need operator action. */
export function outlast<T>(work: () => Promise<T>, signal: AbortSignal, what = 'a call'): Promise<T | undefined> {
  return retrying(work, { what, where: 'kinesis', warnings, signal });
}

/** How failures of a look-up are borne. */
export interface Patience {
  readonly signal?: AbortSignal | undefined;
  readonly bears: (error: StreamError) => boolean;
  /** How long one call may go on failing. */
  readonly forMs: number;
}

/** Of a member or a reader: for as long as what fails passes. */
export function endless(signal: AbortSignal): Patience {
  return { signal, bears: ({ retryable }) => retryable, forMs: Infinity };
}

/** Of a single question: only a rate that is refused is waited for. */
export function short(signal: AbortSignal | undefined): Patience {
  return { signal, bears: ({ code }) => code === 'throttled', forMs: 60_000 };
}

/** The work's result, tried again as patience allows, and no faster than a shard may be read. Says what it waits for. */
export async function patiently<T>(
  what: string,
  work: () => Promise<T>,
  { signal, bears, forMs }: Patience,
): Promise<T> {
  const deadline = systemClock.monotonic() + forMs;
  for (let failures = 1; ; failures++) {
    try {
      return await work();
    } catch (thrown) {
      const error = StreamError.from(thrown, 'kinesis');
      if (signal?.aborted === true || !bears(error) || systemClock.monotonic() > deadline) throw error;
      warnings.tell(`${what} failed and is retried`, error);
      await sleep(systemClock, retryDelay(error, failures), signal);
    }
  }
}

/** How long to wait after so many failures, the last of which was this one. */
export function retryDelay({ code }: StreamError, failures: number): number {
  const isThrottled = code === 'throttled';
  const backoff = { initial: isThrottled ? 1_000 : 100, max: isThrottled ? 10_000 : 2_000, jitter: 'full' } as const;
  return Math.max(readIntervalMs, backoffDelay(backoff, failures, Math.random));
}
