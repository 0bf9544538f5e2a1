// A second, independent implementation of Kinesis, which judges what kinesis-local lets pass: the limits of requests,
// and retention.
import { createStreams, defineTopic } from '@isostream/core';
import type { KinesisEmulator } from '@isostream/emulators';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { adapterOf, GroupUnderTest } from './support/group-under-test.ts';
import { startKinesalite } from './support/kinesalite.ts';

const hour = 3_600_000;
let service: KinesisEmulator;
let names = 0;

beforeAll(async () => {
  service = await startKinesalite();
});
afterEach(() => vi.restoreAllMocks());
afterAll(() => service.stop());

describe('on another implementation of Kinesis', () => {
  it('requests keep to the limits, however many and large the events are', async () => {
    const adapter = adapterOf(service, { requestTimeout: '60s' });
    const topic = defineTopic(`limits-${++names}`, { raw: true, partitions: 2 });
    const streams = await createStreams({ adapter, topics: [topic] });
    const producer = streams.producer(topic);
    const small = Array.from({ length: 1_700 }, (_, index) => ({ key: `k${index}`, value: Buffer.from('x') }));
    const large = Array.from({ length: 12 }, (_, index) => ({
      key: `l${index}`,
      value: Buffer.alloc(1_000_000, index),
    }));
    const results = await producer.sendBatch([...small, ...large]);
    expect(results.filter((result) => !result.ok)).toEqual([]);
    await streams.close();
  });

  it('an event as large as its topic takes is stored, and one byte more is refused', async () => {
    const adapter = adapterOf(service, { requestTimeout: '60s' });
    const topic = defineTopic(`largest-${++names}`, { raw: true, partitions: 1 });
    const streams = await createStreams({ adapter, topics: [topic] });
    const producer = streams.producer(topic);
    const sink = adapter.createSink(topic.name);
    await sink.open(new AbortController().signal);
    const room = sink.maxEventBytes - 1;
    await expect(producer.send({ key: 'k', value: Buffer.alloc(room) })).resolves.toMatchObject({
      partition: 'shardId-000000000000',
    });
    await expect(producer.send({ key: 'k', value: Buffer.alloc(room + 1) })).rejects.toMatchObject({
      code: 'event-too-large',
    });
    await streams.close();
  });

  it('a group keeps the order of each key through splits and merges, and repeats nothing', async () => {
    await using group = await GroupUnderTest.create(service, 2);
    await group.join('a');
    await group.join('b');
    await group.send(10, 5);
    await group.streams.admin.ensure(defineTopic(group.topic.name, { raw: true, partitions: 3 }));
    await group.send(10, 5);
    await group.streams.admin.ensure(defineTopic(group.topic.name, { raw: true, partitions: 2 }));
    await group.send(10, 5);
    await group.untilAllSeen();
    expect(group.seen).toHaveLength(150);
    for (let key = 0; key < 10; key++)
      expect(group.seen.filter((seen) => seen.key === `k${key}`).map(({ n }) => n)).toEqual(
        Array.from({ length: 15 }, (_, index) => index + 1),
      );
  });

  it('a group whose next events retention has removed is told so, and goes on only if it may', async () => {
    await using group = await GroupUnderTest.create(service, 1);
    await group.send(1, 10);
    const reader = await group.join('a', {
      maxInFlight: { events: 1 },
      handle: async () => (group.seen.length < 5 ? undefined : new Promise(() => undefined)),
    });
    await group.until('five are seen', () => group.seen.length >= 5);
    await reader.consumer.close({ deadline: 50 });

    const now = Date.now.bind(Date);
    vi.spyOn(Date, 'now').mockImplementation(() => now() + 25 * hour);
    await group.send(1, 3);
    const stopped = await group.join('b', { onExpired: 'stop' });
    await expect(stopped.running).resolves.toMatchObject({ code: 'position-expired' });
    expect(group.seen).toHaveLength(5);
    await group.join('c', { onExpired: 'continue' });
    await group.until('the rest is seen', () => group.seen.length >= 8);
    expect(group.seen.slice(5).map(({ n }) => n)).toEqual([11, 12, 13]);
  });
});
