import { createStreams, defineTopic, NonRetryableError, type RawEvent } from '@isostream/core';
import { describe, expect, it } from 'vitest';
import { createMemory } from './support/open.ts';

const limit = 1_000;
const orders = defineTopic('orders', { raw: true, partitions: 1, maxEventBytes: limit });

describe('the memory provider without headers', () => {
  it('declares it, and refuses what an adapter of core must not give to such a provider', async () => {
    const adapter = createMemory({ headers: 'none' });
    expect(adapter.capabilities).toMatchObject({ headers: 'none', cloudEvents: null, compaction: false });
    await adapter.admin.createTopic('orders', { partitions: 1 });
    const sink = adapter.createSink('orders');
    await sink.open(AbortSignal.timeout(1_000));
    for (const event of [
      { key: null, value: Buffer.of(), headers: [['a', 'x'] as const] },
      { key: null, value: null, headers: [] },
    ])
      expect(await sink.write('memory', [{ lane: '0', events: [event] }], AbortSignal.timeout(1_000))).toMatchObject([
        { code: 'internal', outcome: 'not-written' },
      ]);
  });
});

describe.each(['bytes', 'none'] as const)('a redrive (headers: %s)', (headers) => {
  it('sends an event at the limit of its topic, which has no room for the count', async () => {
    await using streams = await createStreams({ adapter: createMemory({ headers }), topics: [orders] });
    const values = [Buffer.from(`"${'x'.repeat(limit - 3)}"`), Buffer.alloc(limit - 1, 0xff), Buffer.from('{}')];
    for (const value of values) await streams.producer(orders).send({ key: 'k', value });
    const received: RawEvent[] = [];
    const consumer = streams.consumer(orders, { group: 'g' });
    const running = consumer.run((event) => {
      received.push(event);
      if (received.length <= values.length) throw new NonRetryableError('not now');
    });
    await expect.poll(async () => (await streams.redrive(orders, { group: 'g', dryRun: true })).redriven).toBe(3);

    expect(await streams.redrive(orders, { group: 'g' })).toMatchObject({ redriven: 3 });
    await expect.poll(() => received.length).toBe(6);
    await consumer.close();
    await running;
    const again = received.slice(3);
    expect(again.map(({ key }) => key)).toEqual(['k', 'k', 'k']);
    expect(again.map(({ value }) => Buffer.from(value ?? []).toString('hex'))).toEqual(
      values.map((value) => value.toString('hex')),
    );
    expect(again.map((event) => event.headers.map(([name]) => name))).toEqual([[], [], ['isostream-redriven-from']]);
  });
});
