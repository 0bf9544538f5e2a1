import { createStreams, defineTopic } from '@isostream/core';
import { type KafkaCluster, startKafka } from '@isostream/emulators';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { anything, brokersOf, kafkaOf } from './support/cluster.ts';
import { kafkajsClient } from './support/log.ts';

const day = 86_400_000;
let cluster: KafkaCluster;
beforeAll(async () => {
  cluster = await startKafka();
});
afterAll(() => cluster.stop());

describe('the time at which an event is stored', () => {
  it('is that of sending on a topic that somebody else made, whatever the time of the event', async () => {
    const name = 'made-by-others';
    const admin = kafkajsClient(brokersOf(cluster)).admin();
    await admin.connect();
    const configEntries = [{ name: 'message.timestamp.type', value: 'CreateTime' }];
    await admin.createTopics({ waitForLeaders: true, topics: [{ topic: name, numPartitions: 1, configEntries }] });
    await admin.disconnect();
    const topic = defineTopic(name, { events: { happened: anything<number>() }, key: () => 'k' });
    await using streams = await createStreams({ adapter: kafkaOf(cluster), topics: [topic] });
    const from = Date.now();
    for (const time of [from - 365 * day, -1, from + 7_200_000])
      await streams.producer(topic).send({ type: 'happened', data: time, time: new Date(time) });
    const stored: number[] = [];
    await streams.replay(defineTopic(name, { raw: true }), { from: 'earliest' }).run((event) => {
      stored.push(event.time.getTime());
    });
    expect(stored).toHaveLength(3);
    for (const time of stored) {
      expect(time).toBeGreaterThanOrEqual(from);
      expect(time).toBeLessThanOrEqual(Date.now());
    }
  });

  it('that a raw event sets too far ahead is refused, and its neighbours are not touched', async () => {
    const topic = defineTopic('moved', { raw: true, partitions: 1 });
    await using streams = await createStreams({ adapter: kafkaOf(cluster), topics: [topic] });
    const times = [Date.now() - day, Date.now() + 2 * day, Date.now() - 2 * day];
    const results = await streams
      .producer(topic)
      .sendBatch(times.map((time) => ({ key: null, value: Buffer.from('x'), time: new Date(time) })));
    expect(results).toMatchObject([
      { ok: true },
      { ok: false, error: { code: 'invalid-event', outcome: 'not-written' } },
      { ok: true },
    ]);
  });
});
