import { createMemory, createMemoryBroker } from '@isostream/memory';
import type { Harness } from './harness.ts';

/** The in-memory provider: the reference, first through every scenario. */
export function memoryHarness(): Harness {
  const broker = createMemoryBroker({ sessionTimeout: '1s' });
  return {
    name: 'memory',
    createAdapter: () => createMemory({ broker }),
    sessionTimeoutMs: 1_000,
    clockSkewMs: 5,
    quietMs: 4_000,
    wrong: {},
    close: async () => undefined,
  };
}
