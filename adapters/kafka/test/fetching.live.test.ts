import { createStreams, defineTopic } from '@isostream/core';
import { StreamError } from '@isostream/core/adapter';
import { type KafkaCluster, startKafka } from '@isostream/emulators';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { brokersOf, event, kafkaOf, newTopic, openSink, readAll, write, wireOf } from './support/cluster.ts';
import { kafkajsClient } from './support/log.ts';

let cluster: KafkaCluster;

beforeAll(async () => {
  cluster = await startKafka({ properties: { 'log.cleaner.backoff.ms': '200' } });
});
afterAll(() => cluster.stop());

const partitions = 24;
const batches = 12;

describe('a member with more backlog than one fetch takes', () => {
  it('hands over all partitions side by side, none only after another is at its end', async () => {
    const kafka = kafkaOf(cluster, { fetchBytes: '16kb' });
    const name = await newTopic(kafka.admin, { partitions });
    const sink = await openSink(kafka, name);
    const lanes = Array.from({ length: partitions }, (_, lane) => String(lane));
    const batch = (lane: string) => ({ lane, events: Array.from({ length: 3 }, () => event(null, 'x'.repeat(4_000))) });
    for (let count = 0; count < batches; count++) {
      const results = await sink.write(sink.route('0'), lanes.map(batch), new AbortController().signal);
      expect(results.filter((result) => StreamError.is(result))).toEqual([]);
    }

    const seen = new Map<string, number>(lanes.map((lane) => [lane, 0]));
    let atFirstEnd: number[] | undefined;
    await readAll(kafka, { topic: name, from: 'earliest', to: 'now' }, (partition, events) => {
      seen.set(partition, (seen.get(partition) ?? 0) + events.length);
      if (seen.get(partition) === batches * 3) atFirstEnd ??= [...seen.values()];
    });
    await kafka.close();

    expect([...seen.values()]).toEqual(lanes.map(() => batches * 3));
    expect(Math.min(...(atFirstEnd ?? []))).toBeGreaterThan((batches * 3) / 2);
  });

  it('gets an event that is larger than a fetch', async () => {
    const kafka = kafkaOf(cluster, { fetchBytes: '1kb' });
    const name = await newTopic(kafka.admin, { partitions: 2, maxEventBytes: 900_000 });
    const sink = await openSink(kafka, name);
    const send = (lane: string, text: string) =>
      sink.write(sink.route(lane), [{ lane, events: [event(null, text)] }], new AbortController().signal);
    for (const lane of ['0', '1']) for (const text of ['small', 'x'.repeat(800_000), 'small']) await send(lane, text);
    const { events } = await readAll(kafka, { topic: name, from: 'earliest', to: 'now' });
    await kafka.close();
    const lengths = events.map(({ value }) => value?.length ?? -1);
    expect(lengths.toSorted((a, b) => a - b)).toEqual([5, 5, 5, 5, 800_000, 800_000]);
  });
});

describe('a compacted log', () => {
  it('is read to its end, also where a large batch stands behind one that compaction left empty', async () => {
    const kafka = kafkaOf(cluster, { fetchBytes: '1kb' });
    const topic = `compacted-${process.pid}`;
    const admin = kafkajsClient(brokersOf(cluster)).admin();
    await admin.connect();
    const configEntries = Object.entries({
      'cleanup.policy': 'compact',
      'segment.ms': '100',
      'min.cleanable.dirty.ratio': '0.001',
    }).map(([name, value]) => ({ name, value }));
    await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 1, configEntries }] });
    await admin.disconnect();
    // The last batch of a producer stays, without its event, so that its sequence is known.
    await write(await openSink(kafka, topic), [event('k', 'old')]);
    const other = kafkaOf(cluster);
    const large = [event('k', 'new'), event('l', 'x'.repeat(300_000))];
    const sink = await openSink(other, topic);
    await write(sink, large);
    // Compaction leaves the segment alone that is being written: more events close it.
    const wire = wireOf(cluster);
    const { nodes } = await wire.metadata([topic]);
    let filler = 0;
    await expect
      .poll(
        async () => {
          await write(sink, [event('filler', String(filler++))]);
          const [result] = await wire.fetch(nodes[0] ?? -1, {
            maxWaitMs: 0,
            maxBytes: 1_000_000,
            topics: [{ topic, partitions: [{ partition: 0, offset: 0n, maxBytes: 1_000_000 }] }],
          });
          return result?.records.read(0, Infinity)?.position;
        },
        { timeout: 30_000, interval: 150 },
      )
      .toBe('1');

    const { events } = await readAll(kafka, { topic, from: 'earliest', to: 'now' });
    expect(events.slice(0, 2).map(({ key, position }) => [key, position])).toEqual([
      ['k', '1'],
      ['l', '2'],
    ]);
    await kafka.close();
    await other.close();
    await wire.close();
  });
});

describe('quiet partitions', () => {
  it('wait at the broker for a minute, and a partition that was busy when that fetch left is read at once all the same', async () => {
    const topic = defineTopic(`quiet-${process.pid}`, { raw: true, partitions: 24 });
    const streams = await createStreams({ adapter: kafkaOf(cluster, { fetchWait: '60s' }), topics: [topic] });
    const consumer = streams.consumer(topic, { group: 'quiet', maxInFlight: { events: 1 } });
    const seen: string[] = [];
    let release = (): void => undefined;
    const first = new Promise<void>((resolve) => (release = resolve));
    const running = consumer.run(async ({ value }) => {
      seen.push(String(value));
      if (seen.length === 1) await first;
    });
    await consumer.ready;
    const producer = streams.producer(topic);
    const send = (key: string, text: string) => producer.send({ key, value: Buffer.from(text) });
    const isSeen = (count: number) => expect.poll(() => seen.length, { timeout: 8_000, interval: 10 }).toBe(count);

    // The second finds no room: the fetch of all others leaves without its partition.
    await Promise.all([send('a', '1'), send('a', '2')]);
    await isSeen(1);
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    release();
    await isSeen(2);
    await send('a', '3');
    await isSeen(3);
    await send('b', '4');
    await isSeen(4);
    await send('a', '5');
    await isSeen(5);

    expect(seen).toEqual(['1', '2', '3', '4', '5']);
    await consumer.close();
    await running;
    await streams.close();
  });
});
