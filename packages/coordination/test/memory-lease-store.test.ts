import { describe, expect, it } from 'vitest';
import { leaseStoreChecks } from '../src/checks.ts';
import type { LeaseStore } from '../src/lease-store.ts';
import { createMemoryLeaseStore } from '../src/memory-lease-store.ts';

describe('the memory store', () => {
  it.each(leaseStoreChecks)('$name', async ({ run }) => {
    await expect(run(createMemoryLeaseStore())).resolves.toBeUndefined();
  });
});

describe('the checks of a store', () => {
  const broken: [string, (store: LeaseStore) => Partial<LeaseStore>][] = [
    [
      'creates over a lease',
      (store) => ({
        create: async (lease, signal) => {
          const known = await store.read(lease.partition, signal);
          return known === undefined ? store.create(lease, signal) : store.replace(lease, known.counter, signal);
        },
      }),
    ],
    [
      'replaces at any counter',
      (store) => ({
        replace: async (next, _counter, signal) =>
          store.replace(next, (await store.read(next.partition, signal))?.counter ?? Number.NaN, signal),
      }),
    ],
    [
      'deletes at any counter',
      (store) => ({
        delete: async (partition, _counter, signal) =>
          store.delete(partition, (await store.read(partition, signal))?.counter ?? Number.NaN, signal),
      }),
    ],
    [
      'checks first and writes later',
      (store) => {
        const later = async (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
        return {
          replace: async (next, counter, signal) => {
            const known = await store.read(next.partition, signal);
            if (known?.counter !== counter) return false;
            await later();
            return store.replace(next, (await store.read(next.partition, signal))?.counter ?? Number.NaN, signal);
          },
        };
      },
    ],
    ['lists one page', (store) => ({ list: async (signal) => (await store.list(signal)).slice(0, 100) })],
    [
      'keeps what was taken away',
      (store) => ({
        replace: async (next, counter, signal) => {
          const owner = next.owner ?? (await store.read(next.partition, signal))?.owner;
          return store.replace({ ...next, owner }, counter, signal);
        },
      }),
    ],
  ];

  it.each(broken)('reject a store that %s', async (_what, fault) => {
    const results = await Promise.allSettled(
      leaseStoreChecks.map(async ({ run }) => {
        const store = createMemoryLeaseStore();
        await run({ ...store, ...fault(store) });
      }),
    );
    expect(results.filter(({ status }) => status === 'rejected')).not.toEqual([]);
  });
});
