import { createStreams, type DeadLetter, defineTopic, StreamError } from '@isostream/core';
import { type KafkaCluster, startKafka } from '@isostream/emulators';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { brokersOf, kafkaOf, newTopic, wireOf } from './support/cluster.ts';
import { kafkajsClient } from './support/log.ts';

let cluster: KafkaCluster;

beforeAll(async () => {
  cluster = await startKafka({
    properties: { 'transaction.state.log.replication.factor': '1', 'transaction.state.log.min.isr': '1' },
  });
});
afterAll(() => cluster.stop());

describe('a topic that is written in transactions', () => {
  it('has no lag behind aborted events, and no gap once retention removed them', async () => {
    const kafka = kafkaOf(cluster);
    const name = await newTopic(kafka.admin, { partitions: 1 });
    const topic = defineTopic(name, { raw: true });
    const other = kafkajsClient(brokersOf(cluster));
    const producer = other.producer({ transactionalId: `t-${name}`, idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    const write = async (values: readonly string[], end: 'commit' | 'abort'): Promise<void> => {
      const transaction = await producer.transaction();
      await transaction.send({ topic: name, messages: values.map((value) => ({ value })) });
      await transaction[end]();
    };
    const streams = await createStreams({ adapter: kafka, topics: [topic] });
    const seen: string[] = [];
    const member = () => {
      const consumer = streams.consumer(topic, { group: 'g', from: 'earliest', onFailure: 'stop' });
      const running = consumer.run(({ value }) => {
        seen.push(Buffer.from(value ?? []).toString());
      });
      return { close: () => consumer.close().then(() => running), running };
    };
    const lag = async () => (await streams.admin.lag(topic, 'g'))[0]?.events;

    const first = member();
    await write(['one'], 'commit');
    await expect.poll(() => seen).toEqual(['one']);
    await write(
      Array.from({ length: 500 }, () => 'never'),
      'abort',
    );
    await expect.poll(lag, { timeout: 20_000 }).toBe(0);
    await first.close();
    await producer.disconnect();

    // What retention does in its own time.
    const admin = other.admin();
    await admin.connect();
    // kafkajs knows a topic's leaders only after it asked for something else.
    await admin.fetchTopicOffsets(name);
    await admin.deleteTopicRecords({ topic: name, partitions: [{ partition: 0, offset: '-1' }] });
    await admin.disconnect();
    const second = member();
    const plain = other.producer();
    await plain.connect();
    await plain.send({ topic: name, messages: [{ value: 'two' }] });
    await plain.disconnect();
    await expect.poll(() => seen, { timeout: 20_000 }).toEqual(['one', 'two']);
    await second.close();
    await streams.close();
  });
});

describe('a batch that unpacks to more than is allowed', () => {
  it.each(['gzip', 'lz4'] as const)(
    'of %s becomes one letter, and events before and after it are handled',
    async (compression) => {
      const kafka = kafkaOf(cluster, { maxUnpackedBytes: '1mb' });
      const name = await newTopic(kafka.admin, { partitions: 1, maxEventBytes: 900_000 });
      const topic = defineTopic(name, { raw: true });
      const wire = wireOf(cluster);
      const { nodes } = await wire.metadata([name]);
      const identity = await wire.initProducerId();
      let firstSequence = 0;
      const write = async (values: readonly Buffer[], codec: 'none' | typeof compression): Promise<void> => {
        const records = values.map((value) => ({ key: null, value, headers: [] }));
        const [result] = await wire.produce(nodes[0] ?? -1, {
          topic: name,
          identity,
          compression: codec,
          timeoutMs: 10_000,
          partitions: [{ partition: 0, firstSequence, records }],
        });
        expect(result?.error).toBe(0);
        firstSequence += records.length;
      };
      await write([Buffer.from('before')], 'none');
      await write(
        Array.from({ length: 200 }, () => Buffer.alloc(500_000)),
        compression,
      );
      await write([Buffer.from('after')], 'none');

      // Less than the batch takes as it is stored.
      await kafka.admin.createTopic(`${name}.dead-letter.dlq`, { partitions: 1, maxEventBytes: 20_000 });
      const streams = await createStreams({ adapter: kafka, topics: [topic] });
      const open = (group: string, onFailure: 'dead-letter' | 'skip' | 'stop') => {
        const seen: string[] = [];
        const consumer = streams.consumer(topic, { group, onFailure });
        const running = consumer.run(({ value }) => {
          seen.push(Buffer.from(value ?? []).toString());
        });
        return { seen, running, close: () => consumer.close().then(() => running) };
      };
      for (const onFailure of ['dead-letter', 'skip'] as const) {
        const member = open(onFailure, onFailure);
        await expect.poll(() => member.seen, { timeout: 20_000 }).toEqual(['before', 'after']);
        await expect.poll(async () => (await streams.admin.lag(topic, onFailure))[0]?.events).toBe(0);
        await member.close();
      }
      const parts = [`topic "${name}"`, 'partition 0', 'offsets 1 to 200', '1048576', 'maxUnpackedBytes'];
      const letters: DeadLetter[] = [];
      for await (const letter of streams.deadLetters(topic, { group: 'dead-letter' })) letters.push(letter);
      expect(letters).toMatchObject([
        { origin: { topic: name, partition: '0', position: '200' }, error: { code: 'undecodable' }, event: undefined },
      ]);
      expect(letters[0]?.unreadableBytes).toBeGreaterThan(20_000);
      for (const part of parts) expect(letters[0]?.error.message).toContain(part);
      expect(await streams.redrive(topic, { group: 'dead-letter' })).toMatchObject({ redriven: 0, unreadable: 1 });

      // It is not passed over by starting again, and by a person it can be.
      for (let starts = 0; starts < 2; starts++) {
        const member = open('stop', 'stop');
        const error = await member.running.catch((thrown: unknown) => thrown);
        expect(StreamError.is(error) && error.code).toBe('undecodable');
        for (const part of parts) expect(String(error)).toContain(part);
        expect(member.seen).toEqual(starts === 0 ? ['before'] : []);
      }
      await streams.admin.reset(topic, 'stop', new Map([['0', '201']]));
      const last = open('stop', 'stop');
      await expect.poll(() => last.seen, { timeout: 20_000 }).toEqual(['after']);
      await last.close();
      await streams.close();
    },
  );
});
