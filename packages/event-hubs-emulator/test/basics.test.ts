import { expect, it } from 'vitest';
import { Bench, read } from './support.ts';

it('serves the properties of a hub and of its partitions', async () => {
  await using bench = await Bench.start();
  const producer = bench.producer();

  const hub = await producer.getEventHubProperties();
  const partition = await producer.getPartitionProperties('3');

  expect(hub).toMatchObject({ name: 'orders', partitionIds: ['0', '1', '2', '3'] });
  expect(partition).toMatchObject({ partitionId: '3', isEmpty: true, lastEnqueuedSequenceNumber: -1 });
});

it('carries events to a partition, by key and in turn', async () => {
  await using bench = await Bench.start();
  const producer = bench.producer();
  const received = read(bench.consumer());

  await producer.sendBatch([{ body: 'to 2' }], { partitionId: '2' });
  await producer.sendBatch([{ body: 'by key', properties: { color: 'blue' } }], { partitionKey: 'alphabet' });
  for (let index = 0; index < 4; index += 1) await producer.sendBatch([{ body: `turn ${index}` }]);
  await received.count(6);

  const places = new Map(received.events.map(({ body, partition }) => [String(body), partition]));
  expect(places.get('to 2')).toBe('2');
  expect(new Set([0, 1, 2, 3].map((index) => places.get(`turn ${index}`))).size).toBe(4);
  expect(received.events.find(({ body }) => body === 'by key')).toMatchObject({
    partitionKey: 'alphabet',
    properties: { color: 'blue' },
  });
});
