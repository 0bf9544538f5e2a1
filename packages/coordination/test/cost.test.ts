import { createStreams, defineTopic } from '@isostream/core';
import { openAdapter } from '@isostream/core/adapter';
import { createMemory, createVirtualClock } from '@isostream/memory';
import { expect, it } from 'vitest';
import type { LeaseStore } from '../src/lease-store.ts';
import { createMemoryLeaseStore } from '../src/memory-lease-store.ts';
import { overLeases } from './support/memory-over-leases.ts';

it('writes a lease that is committed hardly more often than a silent one, and at once when its consumer closes', async () => {
  const clock = createVirtualClock();
  const inner = createMemoryLeaseStore();
  let writes = 0;
  const store: LeaseStore = {
    ...inner,
    replace(next, counter, signal) {
      writes++;
      return inner.replace(next, counter, signal);
    },
  };
  const rides = defineTopic('rides', { raw: true, partitions: 1 });
  const leased = overLeases(openAdapter(createMemory({ clock })), store, 10_000, clock);
  const adapter = { ...leased, capabilities: { ...leased.capabilities, commitIntervalMs: 3_000 } };
  const streams = await createStreams({ adapter, topics: [rides], clock });
  const consumer = streams.consumer(rides, { group: 'g', onFailure: 'skip' });
  const running = consumer.run(() => undefined);
  const producer = streams.producer(rides);
  const position = async (): Promise<number> => {
    const [lease] = await inner.list(new AbortController().signal);
    return Number(lease?.position ?? 0);
  };
  const send = async (seconds: number): Promise<void> => {
    for (let n = 0; n < 10 * seconds; n++) {
      await clock.advanceUntil(producer.send({ key: 'a', value: new Uint8Array([1]) }));
      await clock.advance(100);
    }
  };
  await send(10);

  writes = 0;
  await send(60);
  // A silent one is written three times within `sessionTimeout`, which is eighteen times.
  expect(writes).toBeGreaterThanOrEqual(18);
  expect(writes).toBeLessThanOrEqual(21);
  expect(await position()).toBeLessThan(700);

  await clock.advanceUntil(streams.close());
  await running;
  expect(await position()).toBe(700);
});
