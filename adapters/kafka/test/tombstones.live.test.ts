import { createStreams, defineTopic } from '@isostream/core';
import { type KafkaCluster, startKafka } from '@isostream/emulators';
import kafkajs from 'kafkajs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { anything, brokersOf, kafkaOf } from './support/cluster.ts';
import { kafkajsClient } from './support/log.ts';

let cluster: KafkaCluster;
beforeAll(async () => {
  cluster = await startKafka({ properties: { 'log.cleaner.backoff.ms': '100' } });
});
afterAll(() => cluster.stop());

const table = defineTopic('customers', {
  events: { saved: anything<{ id: string; version: number }>() },
  key: (event) => event.data.id,
  partitions: 1,
  compaction: true,
  tombstones: true,
});

it('tombstones of others and of ours are records without a value, which compaction goes by', async () => {
  const client = kafkajsClient(brokersOf(cluster));
  await using streams = await createStreams({ adapter: kafkaOf(cluster), topics: [table] });
  const producer = streams.producer(table);
  for (const id of ['a', 'b', 'c']) await producer.send({ type: 'saved', data: { id, version: 1 } });
  await producer.send({ type: 'tombstone', key: 'a' });
  const foreign = client.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
  await foreign.connect();
  await foreign.send({ topic: table.name, messages: [{ key: 'b', value: null }] });
  await foreign.disconnect();

  const handled: string[] = [];
  const consumer = streams.consumer(table, { group: 'search' });
  const running = consumer.run({
    saved: ({ key }) => void handled.push(`saved ${key}`),
    tombstone: ({ key }) => void handled.push(`removed ${key}`),
  });
  await expect
    .poll(() => handled, { timeout: 10_000 })
    .toEqual(['saved a', 'saved b', 'saved c', 'removed a', 'removed b']);
  await consumer.close();
  await running;

  // At once, where a broker would take its time: segments end soon, and tombstones go with what they removed.
  const admin = client.admin();
  await admin.connect();
  await admin.alterConfigs({
    validateOnly: false,
    resources: [
      {
        type: kafkajs.ConfigResourceTypes.TOPIC,
        name: table.name,
        configEntries: Object.entries({
          'cleanup.policy': 'compact',
          'segment.ms': '100',
          'min.cleanable.dirty.ratio': '0.001',
          'delete.retention.ms': '0',
          'max.compaction.lag.ms': '200',
        }).map(([name, value]) => ({ name, value })),
      },
    ],
  });
  await admin.disconnect();
  const left = async (): Promise<readonly string[]> => {
    // The segment that is written to is not compacted: one more record ends it.
    await producer.send({ type: 'saved', data: { id: 'z', version: 1 } });
    const keys = new Set<string>();
    await streams.replay(table, { from: 'earliest' }).run((event) => void keys.add(`${event.type} ${event.key}`));
    return [...keys];
  };
  await expect.poll(left, { timeout: 30_000, interval: 150 }).toEqual(['saved c', 'saved z']);
});
