import { StreamError } from '@isostream/core/adapter';
import { createVirtualClock } from '@isostream/memory';
import { describe, expect, it } from 'vitest';
import { Discovery } from '../src/discovery.ts';
import { type CoordinatedPartition, freshLease } from '../src/lease.ts';
import type { LeaseStore } from '../src/lease-store.ts';
import { createMemoryLeaseStore } from '../src/memory-lease-store.ts';
import type { PartitionSource } from '../src/partition-source.ts';
import { StoreCalls } from '../src/store-calls.ts';

const { signal } = new AbortController();

function discovery(store: LeaseStore, list: () => readonly CoordinatedPartition[]): { run: () => Promise<void> } {
  const source: PartitionSource = {
    list: async () => list(),
    start: async ({ partition }, { kind }) => ({ position: `${partition} ${kind}` }),
    open: () => {
      throw new Error('nothing is read here');
    },
  };
  const found = new Discovery(
    source,
    new StoreCalls(store, createVirtualClock(), 1_000, 'test'),
    'test',
    async () => undefined,
  );
  return { run: async () => void (await found.run(await store.list(signal), new Map(), signal)) };
}

const family: CoordinatedPartition[] = [
  { partition: 'grandchild', after: ['child'] },
  { partition: 'child', after: ['left', 'right', 'long gone'] },
  { partition: 'left' },
  { partition: 'right' },
];

describe('the leases of a topic', () => {
  it('are created once, at the start of each partition', async () => {
    const store = createMemoryLeaseStore();
    await discovery(store, () => [{ partition: 'p' }]).run();
    await discovery(store, () => [{ partition: 'p' }, { partition: 'q' }]).run();

    expect((await store.list(signal)).map(({ position }) => position)).toEqual(['p with-group', 'q with-group']);
  });

  it('are there for what comes first before they are for what follows, also if some cannot be created', async () => {
    const store = createMemoryLeaseStore();
    const refused = new Set(['right']);
    const created: string[] = [];
    const refusing: LeaseStore = {
      ...store,
      create: async (lease) => {
        if (refused.has(lease.partition)) throw new StreamError('throttled', 'later', { where: 'test' });
        created.push(lease.partition);
        return store.create(lease, signal);
      },
    };
    const both = discovery(refusing, () => family);

    await expect(both.run()).rejects.toMatchObject({ code: 'throttled', retryable: true });
    expect(created).toEqual(['left']);
    refused.clear();
    await both.run();
    expect(created).toEqual(['left', 'right', 'child', 'grandchild']);
  });

  it('are forgotten when the partition was read to its end and is missing twice in a row', async () => {
    const store = createMemoryLeaseStore();
    for (const partition of ['over', 'unread', 'listed'])
      await store.create({ ...freshLease({ partition }, '0'), isFinished: partition !== 'unread' }, signal);
    let listed = ['listed'];
    const both = discovery(store, () => listed.map((partition) => ({ partition })));
    const left = async (): Promise<string[]> => (await store.list(signal)).map(({ partition }) => partition);

    await both.run();
    expect(await left()).toEqual(['over', 'unread', 'listed']);
    listed = ['listed', 'over'];
    await both.run();
    listed = ['listed'];
    await both.run();
    expect(await left()).toEqual(['over', 'unread', 'listed']);
    await both.run();
    expect(await left()).toEqual(['unread', 'listed']);
  });
});
