import { defineTopic } from '@isostream/core';
import { expect, it } from 'vitest';
import { TestNamespace, until } from './support/namespace.ts';

it('reads a replicated namespace, whose offsets are no numbers, and goes on where it was', async () => {
  await using namespace = await TestNamespace.start({ geoReplication: true });
  namespace.server.createHub('orders', { partitions: 2 });
  const topic = defineTopic('orders', { raw: true });
  const seen: string[] = [];
  for (let run = 0; run < 3; run++) {
    const streams = await namespace.streams();
    const producer = streams.producer(topic);
    for (let index = 0; index < 10; index++)
      await producer.send({ key: `k${index}`, value: Buffer.from(`${run}-${index}`) });
    const running = streams
      .consumer(topic, { group: 'g', from: 'earliest' })
      .run(({ value }) => void seen.push(Buffer.from(value ?? []).toString()));
    await until(() => seen.length >= (run + 1) * 10);
    await streams.close();
    await running;
  }

  expect(seen).toHaveLength(30);
  expect(new Set(seen).size).toBe(30);
  const blob = namespace.container.getBlobClient('127.0.0.1/orders/g/checkpoint/0');
  expect((await blob.getProperties()).metadata?.['offset']).toContain(':');
});
