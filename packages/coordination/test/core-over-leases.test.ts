import { createStreams, defineTopic, type Schema } from '@isostream/core';
import { StreamError, openAdapter } from '@isostream/core/adapter';
import { createMemory, createMemoryBroker } from '@isostream/memory';
import { describe, expect, it } from 'vitest';
import type { LeaseStore } from '../src/lease-store.ts';
import { createMemoryLeaseStore } from '../src/memory-lease-store.ts';
import { overLeases } from './support/memory-over-leases.ts';

const numbered: Schema<{ n: number }, { n: number }> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value) => (isNumbered(value) ? { value } : { issues: [{ message: 'expected a number' }] }),
  },
};

function isNumbered(value: unknown): value is { n: number } {
  return typeof value === 'object' && value !== null && 'n' in value && typeof value.n === 'number';
}

const keys = 16;
const rides = defineTopic('rides', {
  events: { moved: numbered },
  key: (event) => `k${event.data.n % keys}`,
  partitions: 6,
});

interface Seen {
  readonly n: number;
  readonly token: number;
}

async function group(leaseMs: number): Promise<{
  seen: Seen[];
  send: (from: number, to: number) => Promise<unknown>;
  join: (
    clientId: string,
    store?: LeaseStore,
  ) => Promise<{ assignments: () => readonly string[]; close: () => Promise<void> }>;
  store: LeaseStore;
}> {
  const broker = createMemoryBroker();
  const store = createMemoryLeaseStore();
  const seen: Seen[] = [];
  const producing = await createStreams({ adapter: createMemory({ broker }), topics: [rides] });
  const producer = producing.producer(rides);
  const send = (from: number, to: number): Promise<unknown> =>
    producer.sendBatch(Array.from({ length: to - from }, (_, index) => ({ type: 'moved', data: { n: from + index } })));
  const join: Awaited<ReturnType<typeof group>>['join'] = async (clientId, through = store) => {
    const adapter = overLeases(openAdapter(createMemory({ broker })), through, leaseMs);
    const streams = await createStreams({ adapter, topics: [rides] });
    const consumer = streams.consumer(rides, { group: 'g', clientId, commitInterval: 20 });
    const running = consumer.run(async ({ data }, context) => {
      await new Promise((resolve) => setImmediate(resolve));
      if (!context.signal.aborted) seen.push({ n: data.n, token: Number(context.fencingToken) });
    });
    const close = async (): Promise<void> => {
      await streams.close();
      await running;
    };
    return { assignments: () => consumer.assignments, close };
  };
  return { seen, send, join, store };
}

describe("core's consumers over leases", () => {
  it('share a topic, and repeat nothing when members come and leave under load', { timeout: 30_000 }, async () => {
    const { seen, send, join, store } = await group(2_000);
    const a = await join('a');
    await send(0, 500);
    const b = await join('b');
    const c = await join('c');
    for (let from = 500; from < 2_000; from += 100) {
      await send(from, from + 100);
      if (from === 1_000)
        await expect
          .poll(() => [a, b, c].map(({ assignments }) => assignments().length), { timeout: 5_000 })
          .toEqual([2, 2, 2]);
    }
    const sending = send(2_000, 3_000);
    await a.close();
    await sending;
    await expect.poll(() => seen.length, { timeout: 5_000 }).toBe(3_000);
    await b.close();
    await c.close();

    expect(new Set(seen.map(({ n }) => n)).size).toBe(3_000);
    for (let key = 0; key < keys; key++) {
      const ofKey = seen.filter(({ n }) => n % keys === key);
      expect(ofKey).toEqual(ofKey.toSorted((x, y) => x.n - y.n));
      expect(ofKey).toEqual(ofKey.toSorted((x, y) => x.token - y.token));
    }
    const leases = await store.list(new AbortController().signal);
    expect(leases.filter(({ owner }) => owner !== undefined)).toEqual([]);
    expect(leases.reduce((sum, { position }) => sum + Number(position), 0)).toBe(3_000);
  });

  it('lose nothing when one of them cannot reach the leases any more', { timeout: 30_000 }, async () => {
    const { seen, send, join, store } = await group(300);
    const cut = { isCut: false };
    const refuse = (): Promise<never> => Promise.reject(new StreamError('unavailable', 'cut off', { where: 'test' }));
    const behind: LeaseStore = {
      ...store,
      list: (signal) => (cut.isCut ? refuse() : store.list(signal)),
      read: (partition, signal) => (cut.isCut ? refuse() : store.read(partition, signal)),
      replace: (next, counter, signal) => (cut.isCut ? refuse() : store.replace(next, counter, signal)),
    };
    const a = await join('a', behind);
    const b = await join('b');
    await expect.poll(() => [a, b].map(({ assignments }) => assignments().length), { timeout: 5_000 }).toEqual([3, 3]);
    await send(0, 1_000);
    cut.isCut = true;
    await send(1_000, 2_000);

    await expect.poll(() => [a, b].map(({ assignments }) => assignments().length), { timeout: 5_000 }).toEqual([0, 6]);
    await expect.poll(() => new Set(seen.map(({ n }) => n)).size, { timeout: 5_000 }).toBe(2_000);
    for (const partitionKey of Array.from({ length: keys }, (_, key) => key)) {
      const firsts = new Set(seen.filter(({ n }) => n % keys === partitionKey).map(({ n }) => n));
      expect([...firsts]).toEqual([...firsts].toSorted((x, y) => x - y));
    }
    await b.close();
    await a.close();
  });
});
