import { createStreams, defineTopic, type Streams } from '@isostream/core';
import { type KafkaCluster, startKafka } from '@isostream/emulators';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { KafkaAdapter } from './support/open.ts';
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
    key: (each) => each.data.key,
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

describe('a topic that is deleted and created again under a consumer', () => {
  it('ends it by name though it stands still, and leaves no position of the old topic behind', async () => {
    const topic = moves();
    streams = await createStreams({ adapter: kafka, topics: [topic] });
    const producer = streams.producer(topic);
    const fill = (count: number) =>
      Promise.all(
        Array.from({ length: count }, (_, n) => producer.send({ type: 'moved', data: { key: `k${n % 20}`, n } })),
      );
    await fill(200);
    let started = 0;
    // It reads no more while its handlers run: nothing but a look at the topic tells it.
    const ended = streams
      .consumer(topic, { group: 'g', maxInFlight: { events: 10 }, commitInterval: 20, handlerTimeout: '1m' })
      .run(async (_, { signal }) => {
        started++;
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
      })
      .catch((error: unknown) => error);
    await expect.poll(() => started, { timeout: 10_000 }).toBeGreaterThan(0);
    await kafka.admin.deleteTopic(topic.name);
    await kafka.admin.createTopic(topic.name, { partitions: 6 });
    await fill(400);
    expect(await ended).toMatchObject({ code: 'unknown-topic', message: expect.stringMatching(/created again/) });
    const lag = await streams.admin.lag(topic, 'g');
    expect(lag.map(({ committed }) => committed)).toEqual(lag.map(() => undefined));
  });

  it('or deleted for good ends also a member that holds no partition', async () => {
    const topic = defineTopic(`anew-${++names}`, { events: { moved: anything<Moved>() }, key: null, partitions: 1 });
    streams = await createStreams({ adapter: kafka, topics: [topic] });
    const members = [0, 1].map(() => streams.consumer(topic, { group: 'g' }));
    const ended = members.map((member) => member.run(() => undefined).catch((error: unknown) => error));
    await expect
      .poll(() => members.map(({ assignments }) => assignments.length).filter((held) => held === 1), {
        timeout: 10_000,
      })
      .toHaveLength(1);
    await kafka.admin.deleteTopic(topic.name);
    expect(await Promise.all(ended)).toMatchObject([{ code: 'unknown-topic' }, { code: 'unknown-topic' }]);
  });
});
