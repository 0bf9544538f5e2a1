import type { Harness } from './harness.ts';

/** What an adapter needs at least to be tested; the rest has defaults. */
export type MinimalHarness = Pick<Harness, 'name' | 'createAdapter' | 'sessionTimeoutMs'> & Partial<Harness>;

/**
 * A whole harness: the service cannot be broken, has no members in processes of their own, and may be silent for four
 * sessions, unless the given one says otherwise.
 */
export function completeHarness(harness: MinimalHarness): Harness {
  return {
    broker: 'of the given harness',
    clockSkewMs: 5,
    quietMs: Math.max(4_000, 4 * harness.sessionTimeoutMs),
    faults: undefined,
    worker: undefined,
    wrong: {},
    close: async () => undefined,
    ...harness,
  };
}
