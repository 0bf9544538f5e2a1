import { earliestEventPosition, type EventPosition, latestEventPosition } from '@azure/event-hubs';
import { expect, it } from 'vitest';
import { Bench, read } from './support.ts';

let clock = 1_000_000;

/** Ten events in partition 0, one a second. */
async function tenEvents(options: object = {}): Promise<Bench> {
  const bench = await Bench.start({ now: () => clock, ...options });
  clock = Date.now();
  const producer = bench.producer();
  for (let body = 0; body < 10; body += 1) {
    await producer.sendBatch([{ body }], { partitionId: '0' });
    clock += 1_000;
  }
  return bench;
}

async function bodiesFrom(bench: Bench, startPosition: EventPosition, count: number): Promise<unknown[]> {
  const received = read(bench.consumer(), { startPosition }, '0');
  await received.until(() => received.events.length >= count || received.errors.length > 0);
  expect(received.errors).toEqual([]);
  return received.bodies;
}

it('starts at the oldest event', async () => {
  await using bench = await tenEvents();

  expect(await bodiesFrom(bench, earliestEventPosition, 10)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

it('starts behind and at a sequence number', async () => {
  await using bench = await tenEvents();

  expect(await bodiesFrom(bench, { sequenceNumber: 6 }, 3)).toEqual([7, 8, 9]);
  expect(await bodiesFrom(bench, { sequenceNumber: 6, isInclusive: true }, 4)).toEqual([6, 7, 8, 9]);
});

it.each([false, true])('starts behind and at an offset, geo-replicated: %s', async (geoReplication) => {
  await using bench = await tenEvents({ geoReplication });
  const all = read(bench.consumer(), {}, '0');
  await all.count(10);
  const offset = all.events[6]?.offset ?? '';

  expect(await bodiesFrom(bench, { offset }, 3)).toEqual([7, 8, 9]);
  expect(await bodiesFrom(bench, { offset, isInclusive: true }, 4)).toEqual([6, 7, 8, 9]);
  expect(Number.isInteger(Number(offset))).toBe(!geoReplication);
});

it('starts behind a time', async () => {
  await using bench = await tenEvents();

  expect(await bodiesFrom(bench, { enqueuedOn: clock - 3_000 }, 2)).toEqual([8, 9]);
  expect(await bodiesFrom(bench, { enqueuedOn: clock - 3_001 }, 3)).toEqual([7, 8, 9]);
});

it('starts with what comes', async () => {
  await using bench = await tenEvents();
  const received = read(bench.consumer(), { startPosition: latestEventPosition }, '0');

  // Nothing tells when a receiver is attached: what is sent before is lost.
  for (let body = 10; received.events.length === 0; body += 1)
    await bench.producer().sendBatch([{ body }], { partitionId: '0' });

  expect(received.events.every(({ sequenceNumber }) => sequenceNumber >= 10)).toBe(true);
});

it('starts with the oldest event kept where the position is older', async () => {
  await using bench = await tenEvents();

  bench.server.trim('orders', '0', 5);

  expect(await bodiesFrom(bench, { sequenceNumber: 1 }, 5)).toEqual([5, 6, 7, 8, 9]);
  expect(await bodiesFrom(bench, earliestEventPosition, 5)).toEqual([5, 6, 7, 8, 9]);
});

it('refuses an offset behind the last', async () => {
  await using bench = await tenEvents();
  const received = read(bench.consumer(), { startPosition: { offset: '1000000' } }, '0');

  await received.until(() => received.errors.length > 0);

  expect(received.errors[0]?.message).toMatch(/supplied offset '1000000' is invalid. The last offset in the system is/);
});

it('refuses plain offsets in a geo-replicated namespace', async () => {
  await using bench = await tenEvents({ geoReplication: true });
  const received = read(bench.consumer(), { startPosition: { offset: '0' } }, '0');

  await received.until(() => received.errors.length > 0);

  expect(received.errors[0]?.message).toMatch(/not one of this geo-replicated namespace/);
});

it('lets go of events by their age', async () => {
  await using bench = await tenEvents({ hubs: { orders: { partitions: 1, retentionMs: 60_000 } } });

  clock += 60_000 - 5_000;
  bench.server.expire();

  expect(bench.server.describePartition('orders', '0')).toMatchObject({ beginSequence: 5, lastSequence: 9 });
  clock += 3_600_000;
  bench.server.expire();
  expect(await bench.producer().getPartitionProperties('0')).toMatchObject({
    isEmpty: true,
    beginningSequenceNumber: 10,
    lastEnqueuedSequenceNumber: 9,
  });
});

it('gives offsets that nobody can count with, and dense sequence numbers', async () => {
  await using bench = await tenEvents();
  const received = read(bench.consumer(), {}, '0');
  await received.count(10);

  const offsets = received.events.map(({ offset }) => Number(offset));
  expect(received.events.map(({ sequenceNumber }) => sequenceNumber)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(offsets.slice(1).every((offset, index) => offset > (offsets[index] ?? 0) + 1)).toBe(true);
});

it('tells the end of the partition with each event to who asks for it', async () => {
  await using bench = await tenEvents();
  const consumer = bench.consumer();
  const { subscription, seen } = await new Promise<{ subscription: { close(): Promise<void> }; seen: unknown }>(
    (resolve) => {
      const opened = consumer.subscribe(
        '0',
        {
          processEvents: async (events, context) => {
            if (events.length > 0) resolve({ subscription: opened, seen: { ...context.lastEnqueuedEventProperties } });
          },
          processError: async () => undefined,
        },
        { startPosition: earliestEventPosition, trackLastEnqueuedEventProperties: true, maxBatchSize: 100 },
      );
    },
  );
  await subscription.close();

  expect(seen).toMatchObject({ sequenceNumber: 9, offset: expect.any(String) });
});
