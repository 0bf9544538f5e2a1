import { createStreams, defineTopic, type SendReceipt } from '@isostream/core';
import { type KafkaCluster, startKafka } from '@isostream/emulators';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { anything, brokersOf, kafkaOf } from './support/cluster.ts';
import { readLog } from './support/log.ts';

interface Moved {
  readonly key: string;
  readonly n: number;
}

const keys = Array.from({ length: 16 }, (_, index) => `k${index}`);

let cluster: KafkaCluster;

beforeAll(async () => {
  cluster = await startKafka({ brokers: 3 });
});
afterAll(() => cluster.stop());

describe('three brokers, of which leaders die under load', () => {
  it('lose, repeat and reorder nothing that a producer sent', async () => {
    const topic = defineTopic('moves', {
      events: { moved: anything<Moved>() },
      key: (each) => each.data.key,
      partitions: 8,
      replication: { factor: 3, minInSync: 2 },
    });
    const kafka = kafkaOf(cluster, { requestTimeout: '5s', connectTimeout: '1s' });
    await using streams = await createStreams({ adapter: kafka, topics: [topic] });
    const producer = streams.producer(topic, { maxBuffered: { events: 2_000 }, backoff: { initial: 10, max: 200 } });
    let isOver = false;
    const receipts: (SendReceipt & { readonly key: string; readonly n: number })[] = [];
    const send = async (key: string): Promise<void> => {
      for (let n = 0; !isOver; n++)
        receipts.push({ key, n, ...(await producer.send({ type: 'moved', data: { key, n } })) });
    };
    const sending = Promise.all(keys.map(send));
    // Each wait is for more traffic than was ever in flight at once.
    const traffic = async (events: number): Promise<void> => {
      const before = receipts.length;
      await expect.poll(() => receipts.length - before, { timeout: 30_000, interval: 20 }).toBeGreaterThan(events);
    };

    for (const node of cluster.nodes.slice(0, 2)) {
      await traffic(400);
      await node.kill();
      await traffic(400);
      await node.start();
    }
    await traffic(400);
    isOver = true;
    await sending;

    const records = await readLog(brokersOf(cluster), topic.name);
    expect(records).toHaveLength(receipts.length);
    const stored = new Map(records.map((record) => [`${record.partition}/${record.offset}`, record.text]));
    for (const { key, n, partition, position } of receipts)
      expect(JSON.parse(stored.get(`${partition}/${position}`) ?? 'null')).toEqual({ key, n });
    const byKey = new Map<string, number[]>();
    for (const { text } of records) {
      const { key, n } = JSON.parse(text ?? '{}') as Moved;
      byKey.set(key, [...(byKey.get(key) ?? []), n]);
    }
    for (const numbers of byKey.values()) expect(numbers).toEqual(numbers.map((_, n) => n));
    expect(byKey.size).toBe(keys.length);
  });
});
