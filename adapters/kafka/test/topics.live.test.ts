import { createStreams, defineTopic } from '@isostream/core';
import { type StoredEvent, StreamError } from '@isostream/core/adapter';
import { type KafkaCluster, startKafka } from '@isostream/emulators';
import { randomBytes } from 'node:crypto';
import * as zlib from 'node:zlib';
import kafkajs from 'kafkajs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { KafkaAdapter, KafkaOptions } from './support/open.ts';
import { anything, brokersOf, event, kafkaOf, newTopic, openSink, readAll, write } from './support/cluster.ts';
import { kafkajsClient } from './support/log.ts';

let cluster: KafkaCluster;
let kafka: KafkaAdapter;

beforeAll(async () => {
  cluster = await startKafka();
});
afterAll(() => cluster.stop());
beforeEach(() => {
  kafka = kafkaOf(cluster);
});
afterEach(() => kafka.close());

const fromStart = (topic: string) => readAll(kafka, { topic, from: 'earliest', to: 'now' });
const texts = (events: readonly StoredEvent[]) =>
  events.map(({ value }) => (value === null ? null : Buffer.from(value).toString()));

describe('what is native to Kafka', () => {
  it('is settings under its own names, brokers and groups, and its errors are those of isostream', async () => {
    const name = await newTopic(kafka.admin, { partitions: 1, retentionMs: 3_600_000 });
    const { native } = kafka;
    await native.setTopicConfigs(name, { 'segment.ms': '60000' });
    // The brokers apply it one by one.
    await expect
      .poll(() => native.topicConfigs(name))
      .toMatchObject({ 'segment.ms': '60000', 'retention.ms': '3600000', 'compression.type': 'producer' });
    const { brokers, controller } = await native.brokers();
    expect(brokers).toContain(controller);
    // The first group of a cluster waits for its coordinator.
    await expect.poll(() => native.describeGroup('nobody')).toEqual({ state: 'Dead', members: 0, topics: [] });
    for (const wrong of [native.topicConfigs('absent'), native.setTopicConfigs(name, { 'segment.ms': 'soon' })])
      await expect(wrong).rejects.toThrow(StreamError);
  });
});

describe('compression', () => {
  async function expectRoundTrip(compression: NonNullable<KafkaOptions['compression']>): Promise<void> {
    const name = await newTopic(kafka.admin, { partitions: 1 });
    const writer = kafkaOf(cluster, { compression });
    const sent = Array.from({ length: 300 }, (_, index) =>
      event(`k${index}`, `${index} ${'same '.repeat(50)}${index % 7 === 0 ? randomBytes(64).toString('hex') : ''}`),
    );
    try {
      const sink = await openSink(writer, name);
      await write(sink, sent.slice(0, 200));
      await write(sink, sent.slice(200));
    } finally {
      await writer.close();
    }
    const { events } = await fromStart(name);
    expect(events.map(({ key }) => key)).toEqual(sent.map(({ key }) => key));
    expect(texts(events)).toEqual(sent.map(({ value }) => Buffer.from(value ?? []).toString()));
    // From the middle of a compressed batch nothing comes that lies before.
    const tail = await readAll(kafka, { topic: name, from: new Map([['0', '150']]), to: 'now' });
    expect(tail.events.map(({ position }) => position)).toEqual(
      Array.from({ length: 150 }, (_, index) => String(150 + index)),
    );
  }

  it.each(['none', 'gzip', 'snappy', 'lz4'] as const)('%s comes back as it was sent', async (compression) => {
    expect.hasAssertions();
    await expectRoundTrip(compression);
  });

  it('zstd comes back as it was sent; where Node has none it is refused, names the cure, and writes nothing', async () => {
    if (Reflect.has(zlib, 'zstdCompress')) return expectRoundTrip('zstd');
    const name = await newTopic(kafka.admin, { partitions: 1 });
    const writer = kafkaOf(cluster, { compression: 'zstd' });
    const refused = await openSink(writer, name)
      .then((sink) => write(sink, [event('a', 'x')]))
      .catch((error: unknown) => error);
    await writer.close();
    expect(refused).toMatchObject({ code: 'unsupported', retryable: false, outcome: 'not-written' });
    expect(StreamError.is(refused) && refused.message).toMatch(/Node 22\.15/);
    expect((await fromStart(name)).events).toEqual([]);
  });
});

describe('the settings of a topic', () => {
  it('read back as they were declared, and change alone', async () => {
    const name = await newTopic(kafka.admin, {
      partitions: 3,
      retentionMs: 3_600_000,
      retentionBytes: 50_000_000,
      maxEventBytes: 2_000_000,
    });
    const before = await kafka.admin.describeTopic(name);
    expect(before).toMatchObject({
      name,
      partitions: 3,
      partitionNames: ['0', '1', '2'],
      retentionMs: 3_600_000,
      retentionBytes: 50_000_000,
      compaction: false,
      maxEventBytes: 2_000_000,
      replicationFactor: 1,
    });

    await kafka.admin.alterTopic(name, { retentionMs: 7_200_000 });
    await expect.poll(() => kafka.admin.describeTopic(name)).toEqual({ ...before, retentionMs: 7_200_000 });
    await kafka.admin.alterTopic(name, { partitions: 5 });
    await expect
      .poll(() => kafka.admin.describeTopic(name))
      .toEqual({ ...before, retentionMs: 7_200_000, partitions: 5, partitionNames: ['0', '1', '2', '3', '4'] });
  });

  it('that somebody else made stay as they are', async () => {
    const name = await newTopic(kafka.admin, { partitions: 1 });
    const admin = kafkajsClient(brokersOf(cluster)).admin();
    await admin.connect();
    const theirs = [
      { name: 'segment.bytes', value: '10485760' },
      { name: 'message.timestamp.type', value: 'LogAppendTime' },
    ];
    await admin.alterConfigs({
      validateOnly: false,
      resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name, configEntries: theirs }],
    });
    await kafka.admin.alterTopic(name, { maxEventBytes: 500_000 });

    const own = async (): Promise<Map<string, string>> => {
      const { resources } = await admin.describeConfigs({
        includeSynonyms: false,
        resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name }],
      });
      const entries = resources
        .flatMap(({ configEntries }) => configEntries)
        .filter(({ configSource }) => configSource === kafkajs.ConfigSource.TOPIC_CONFIG);
      return new Map(entries.map(({ configName, configValue }) => [configName, configValue]));
    };
    await expect.poll(own, { timeout: 5_000 }).toEqual(
      new Map([
        ['segment.bytes', '10485760'],
        ['message.timestamp.type', 'LogAppendTime'],
        ['max.message.bytes', '500200'],
      ]),
    );
    await admin.disconnect();
  });

  it('say what is wrong with a topic that exists, does not, or cannot', async () => {
    const name = await newTopic(kafka.admin, { partitions: 1 });
    await expect(kafka.admin.createTopic(name, { partitions: 1 })).rejects.toMatchObject({ code: 'conflict' });
    await expect(kafka.admin.createTopic(`${name}-r`, { partitions: 1, replicationFactor: 3 })).rejects.toMatchObject({
      code: 'invalid-config',
    });
    await expect(kafka.admin.createTopic('not/a/name', { partitions: 1 })).rejects.toMatchObject({
      code: 'invalid-config',
    });
    await expect(kafka.admin.alterTopic(name, { retentionBytes: 1, partitions: 1 })).resolves.toBeUndefined();
    await expect(kafka.admin.deleteTopic(`${name}-missing`)).rejects.toMatchObject({ code: 'unknown-topic' });
    await expect(kafka.admin.lag(`${name}-missing`, 'g')).rejects.toMatchObject({ code: 'unknown-topic' });
    expect(await kafka.admin.describeTopic(`${name}-missing`)).toBeUndefined();
    await kafka.admin.deleteTopic(name);
    expect(await kafka.admin.describeTopic(name)).toBeUndefined();
  });

  it('that would move keys to other partitions need consent', async () => {
    const declared = (partitions: number) =>
      defineTopic('keyed', {
        events: { moved: anything<{ key: string }>() },
        key: (each) => each.data.key,
        partitions,
      });
    const first = await createStreams({ adapter: kafkaOf(cluster), topics: [declared(2)] });
    await first.close();

    const adapter = kafkaOf(cluster);
    await expect(createStreams({ adapter, topics: [declared(4)] })).rejects.toMatchObject({
      code: 'consent-required',
      retryable: false,
    });
    expect((await kafka.admin.describeTopic('keyed'))?.partitions).toBe(2);
    await adapter.close();
    const grown = await createStreams({
      adapter: kafkaOf(cluster),
      topics: [declared(4)],
      consent: ['grow-keyed-topic'],
    });
    await grown.close();
    expect((await kafka.admin.describeTopic('keyed'))?.partitions).toBe(4);
  });
});

describe('a log whose start moved above a group’s position', () => {
  async function truncated(): Promise<string> {
    const name = await newTopic(kafka.admin, { partitions: 1 });
    const sink = await openSink(kafka, name);
    for (let count = 0; count < 20; count++) await write(sink, [event('k', String(count))]);
    const admin = kafkajsClient(brokersOf(cluster)).admin();
    await admin.connect();
    // kafkajs looks up leaders in metadata that it only has once it was asked for.
    await admin.fetchTopicOffsets(name);
    await admin.deleteTopicRecords({ topic: name, partitions: [{ partition: 0, offset: '12' }] });
    await admin.disconnect();
    return name;
  }

  it('is a gap with the number of missing events, in a range', async () => {
    const name = await truncated();
    const { events, gaps } = await readAll(kafka, { topic: name, from: new Map([['0', '5']]), to: 'now' });
    expect(gaps).toEqual([{ from: '5', to: '12', missing: 7 }]);
    expect(texts(events)).toEqual(['12', '13', '14', '15', '16', '17', '18', '19']);
  });

  it('stops a consumer with position-expired, or is passed over where that was chosen', async () => {
    const name = await truncated();
    await kafka.admin.resetGroup(name, 'g', new Map([['0', '5']]));
    const topic = defineTopic(name, { raw: true, partitions: 1 });
    const adapter = kafkaOf(cluster);
    const streams = await createStreams({ adapter, topics: [topic], topology: 'assume' });
    await expect(streams.consumer(topic, { group: 'g' }).run(() => undefined)).rejects.toMatchObject({
      code: 'position-expired',
    });
    const seen: string[] = [];
    const going = streams.consumer(topic, { group: 'g', onExpired: 'continue' });
    const running = going.run((_, { position }) => void seen.push(position));
    await expect.poll(() => seen, { timeout: 10_000 }).toEqual(['12', '13', '14', '15', '16', '17', '18', '19']);
    await streams.close();
    await running;
  });
});

describe('transactions of other producers', () => {
  it('are read when they are committed, and never where they were aborted', async () => {
    const name = await newTopic(kafka.admin, { partitions: 1 });
    const producer = kafkajsClient(brokersOf(cluster)).producer({
      transactionalId: name,
      maxInFlightRequests: 1,
      idempotent: true,
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    });
    await producer.connect();
    const send = async (end: 'commit' | 'abort', ...values: readonly string[]): Promise<void> => {
      const transaction = await producer.transaction();
      await transaction.send({ topic: name, messages: values.map((value) => ({ key: 'k', value })) });
      await transaction[end]();
    };
    await send('abort', 'x1', 'x2');
    await send('commit', 'a', 'b');
    await send('abort', 'x3');
    await producer.disconnect();
    const reading = async () => texts((await fromStart(name)).events);
    await expect.poll(reading, { timeout: 10_000 }).toEqual(['a', 'b']);

    // What comes behind an aborted end is read, and its lag is none once it is.
    await write(await openSink(kafka, name), [event('k', 'c')]);
    expect(await reading()).toEqual(['a', 'b', 'c']);
  });
});
