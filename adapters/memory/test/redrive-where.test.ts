import { createStreams, defineTopic, NonRetryableError } from '@isostream/core';
import { expect, it } from 'vitest';
import { createMemory } from './support/open.ts';

const orders = defineTopic('orders', { raw: true, partitions: 1 });

it.each<[answer: string, where: () => unknown]>([
  ['a promise', async () => false],
  ['undefined', () => undefined],
  ['object', () => null],
])('a filter of letters that answers with %s sends none back', async (answer, where) => {
  await using streams = await createStreams({ adapter: createMemory(), topics: [orders] });
  await streams.producer(orders).send({ key: 'k', value: Buffer.from('v') });
  const consumer = streams.consumer(orders, { group: 'g' });
  const running = consumer.run(() => {
    throw new NonRetryableError('never');
  });
  await expect.poll(async () => (await streams.redrive(orders, { group: 'g', dryRun: true })).redriven).toBe(1);
  await expect(streams.redrive(orders, { group: 'g', where: where as () => boolean })).rejects.toMatchObject({
    code: 'invalid-config',
    message: expect.stringContaining(`where answered with ${answer}`) as unknown,
  });
  expect(await streams.redrive(orders, { group: 'g', where: () => false })).toMatchObject({ redriven: 0 });
  await consumer.close();
  await running;
});
