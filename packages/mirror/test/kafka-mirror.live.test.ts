import { createStreams, type Streams } from '@isostream/core';
import { type KafkaCluster, startKafka } from '@isostream/emulators';
import { createKafka } from '@isostream/kafka';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createMirror } from '../src/index.ts';
import { openSide, orders, Seen, type Side, until, writer } from './support/sides.ts';

const keys = Array.from({ length: 10 }, (_, at) => `k${at}`);
let cluster: KafkaCluster;
let kafka: Streams;
let memory: Side;

beforeAll(async () => {
  cluster = await startKafka();
  kafka = await createStreams({
    adapter: createKafka({ brokers: [new URL(cluster.url).host] }),
    topics: [{ ...orders, partitions: 3 }],
    topology: 'ensure',
  });
  memory = await openSide(4);
});
afterAll(async () => {
  await memory.streams.close();
  await kafka.close();
  await cluster.stop();
});

async function consume(streams: Streams, seen: Seen, count: number): Promise<void> {
  const consumer = streams.consumer(orders, { group: 'billing', commitInterval: 20, concurrency: 3 });
  await consumer.run((event) => {
    if (event.data !== null) seen.add(event.data);
    if (seen.count >= count) void consumer.close();
  });
}

it('moves a topic to Kafka and back, with its group, while events are written', async () => {
  const seen = new Seen();
  const { write, written } = writer(keys);
  const to = createMirror({ from: memory.streams, to: kafka, topic: 'orders' });
  const end = new AbortController();
  const running = to.run({ signal: end.signal });
  const load = write(memory.streams, 100);
  await consume(memory.streams, seen, 300);
  await to.moveGroup(await to.planGroup('billing'));
  await consume(kafka, seen, 600);
  await load;
  await until(async () => (await to.status()).behind === 0);
  expect(await to.verify()).toMatchObject({ copied: 1_000, behind: 0, lost: 0, reordered: 0, changed: 0 });
  end.abort();
  await running;
  await write(kafka, 20);
  await consume(kafka, seen, 1_100);

  const back = createMirror({ from: kafka, to: memory.streams, topic: 'orders', copies: 'skip' });
  const over = new AbortController();
  const returning = back.run({ signal: over.signal });
  await until(async () => (await back.status()).behind === 0 && back.copied === 200);
  expect(await back.verify()).toMatchObject({ copied: 1_200, behind: 0, lost: 0, reordered: 0, changed: 0 });
  await back.moveGroup(await back.planGroup('billing'));
  over.abort();
  await returning;
  await consume(memory.streams, seen, 1_200);
  for (const key of keys)
    expect(seen.numbers.get(key)).toEqual(Array.from({ length: written.get(key) ?? 0 }, (_, n) => n));
});
