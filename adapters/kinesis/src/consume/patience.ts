import { abortedBy, backoffDelay, retrying, type StreamError, systemClock, Warnings } from '@isostream/core/adapter';
import { readIntervalMs } from './pace.ts';

const warnings = new Warnings('kinesis');

/** How failures of a look-up are borne. */
export interface Patience {
  readonly signal: AbortSignal | undefined;
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

/** The work's result, tried again as patience allows, and no faster than a shard may be read. Rejects once aborted. */
export async function patiently<T>(
  what: string,
  work: () => Promise<T>,
  { signal, bears, forMs }: Patience,
): Promise<T> {
  const deadline = systemClock.monotonic() + forMs;
  const passes = (error: StreamError): boolean => bears(error) && systemClock.monotonic() <= deadline;
  const done = async (): Promise<{ readonly value: T }> => ({ value: await work() });
  const result = await retrying(done, { what, where: 'kinesis', warnings, signal, passes, waitMs: retryDelay });
  if (result === undefined) throw abortedBy(signal);
  return result.value;
}

/** How long to wait after so many failures, the last of which was this one. */
export function retryDelay({ code }: StreamError, failures: number): number {
  const isThrottled = code === 'throttled';
  const backoff = { initial: isThrottled ? 1_000 : 100, max: isThrottled ? 10_000 : 2_000, jitter: 'full' } as const;
  return Math.max(readIntervalMs, backoffDelay(backoff, failures, Math.random));
}
