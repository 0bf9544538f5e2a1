import { createStreams, defineTopic, type Streams } from '@isostream/core';
import { type KafkaCluster, startKafka } from '@isostream/emulators';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { KafkaAdapter } from '../src/index.ts';
import { anything, brokersOf, kafkaOf } from './support/cluster.ts';
import { type LogRecord, readLog } from './support/log.ts';

interface Moved {
  readonly key: string;
  readonly n: number;
}

let names = 0;
let cluster: KafkaCluster;
let kafka: KafkaAdapter;
let streams: Streams;

const moves = () =>
  defineTopic(`anew-${++names}`, {
    events: { moved: anything<Moved>() },
    key: (each) => each.data?.key ?? '',
    partitions: 6,
  });
const keys = Array.from({ length: 120 }, (_, index) => `k${index}`);

beforeAll(async () => {
  cluster = await startKafka();
});
afterAll(() => cluster.stop());
beforeEach(() => {
  kafka = kafkaOf(cluster);
});
afterEach(() => streams.close());

/** A producer that has written to every partition. */
async function producerAtWork() {
  const topic = moves();
  streams = await createStreams({ adapter: kafka, topics: [topic] });
  const producer = streams.producer(topic);
  const send = (n: number) => Promise.all(keys.map((key) => producer.send({ type: 'moved', data: { key, n } })));
  for (const n of [0, 1]) await send(n);
  return { name: topic.name, producer, send };
}

function numbers(records: readonly LogRecord[], key: string): number[] {
  return records.flatMap(({ text }) => {
    const data = JSON.parse(text ?? 'null') as Moved;
    return data.key === key ? [data.n] : [];
  });
}

describe('a topic that is deleted and created again under an open producer', () => {
  it.each([2, 6, 12])(
    'with %i partitions is opened as it is now: everything is stored, in order',
    async (partitions) => {
      const { name, send } = await producerAtWork();
      await kafka.admin.deleteTopic(name);
      await kafka.admin.createTopic(name, { partitions });
      await Promise.all([2, 3, 4, 5].map(send));
      // From here on it knows.
      const receipts = await send(6);
      await send(7);

      const records = await readLog(brokersOf(cluster), name);
      for (const key of keys) expect(numbers(records, key)).toEqual([2, 3, 4, 5, 6, 7]);
      expect(new Set(receipts.map(({ partition }) => partition)).size).toBe(partitions);
    },
  );

  it('fails each send at once while it is gone, and takes them again once it is there', async () => {
    const { name, send } = await producerAtWork();
    await kafka.admin.deleteTopic(name);
    for (const n of [2, 3])
      await expect(send(n)).rejects.toMatchObject({ code: 'unknown-topic', retryable: false, outcome: 'not-written' });
    await kafka.admin.createTopic(name, { partitions: 2 });
    await send(4);
    const records = await readLog(brokersOf(cluster), name);
    for (const key of keys) expect(numbers(records, key)).toEqual([4]);
  });
});
