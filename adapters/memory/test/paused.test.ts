import { createStreams, defineTopic } from '@isostream/core';
import { describe, expect, it } from 'vitest';
import { createMemory } from './support/open.ts';

describe('a paused consumer', () => {
  it.each(['watermark', 'individual'] as const)('calls no handler for a batch that waits (%s)', async (settlement) => {
    const orders = defineTopic('orders', { raw: true, partitions: 2 });
    await using streams = await createStreams({ adapter: createMemory({ settlement }), topics: [orders] });
    const producer = streams.producer(orders);
    for (const key of ['a', 'b', 'c']) await producer.send({ key, value: Buffer.from(key) });
    let begun = 0;
    const attempts: number[] = [];
    const consumer = streams.consumer(orders, {
      group: 'g',
      middleware: [
        {
          handle(_event, _context, next) {
            begun++;
            return next();
          },
        },
      ],
    });
    const running = consumer.runBatch(
      (batch) => {
        for (const event of batch.events) attempts.push(batch.context(event).attempt);
      },
      { maxEvents: 10, maxWait: 50 },
    );
    await expect.poll(() => begun).toBe(3);
    consumer.pause();
    // One that began later has had its batch: the time of the paused one is over.
    const other = streams.consumer(orders, { group: 'other' });
    let later = 0;
    const beside = other.runBatch(() => void later++, { maxEvents: 10, maxWait: 50 });
    await expect.poll(() => later).toBeGreaterThan(0);
    expect(attempts).toEqual([]);
    consumer.resume();
    await expect.poll(() => attempts).toEqual([1, 1, 1]);
    await Promise.all([consumer.close(), other.close()]);
    await Promise.all([running, beside]);
  });

  it('calls no handler for an event that is decoded meanwhile, and hands it on uncounted', async () => {
    let checked = 0;
    let check = (): void => undefined;
    const slow = {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: (value: unknown) => {
          checked++;
          return checked === 2
            ? new Promise<{ value: unknown }>((resolve) => (check = () => resolve({ value })))
            : { value };
        },
      },
    } as const;
    const orders = defineTopic('orders', { events: { placed: slow }, key: () => 'k', partitions: 1 });
    await using streams = await createStreams({ adapter: createMemory(), topics: [orders] });
    await streams.producer(orders).send({ type: 'placed', data: 1 });
    const attempts: number[] = [];
    const consumer = streams.consumer(orders, { group: 'g' });
    const running = consumer.run((_event, { attempt }) => void attempts.push(attempt));
    await expect.poll(() => checked).toBe(2);
    consumer.pause();
    check();
    // Whatever follows from it has happened.
    await new Promise((resolve) => setImmediate(resolve));
    expect(attempts).toEqual([]);
    consumer.resume();
    await expect.poll(() => attempts).toEqual([1]);
    await consumer.close();
    await running;
  });
});
