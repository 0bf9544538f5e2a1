import { createStreams, defineTopic, type SendReceipt, StreamError } from '@isostream/core';
import type { LaneBatch } from '@isostream/core/adapter';
import { type KafkaCluster, startKafka } from '@isostream/emulators';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { KafkaAdapter } from './support/open.ts';
import { anything, brokersOf, event, kafkaOf, newTopic, openSink } from './support/cluster.ts';
import { type LogRecord, readLog } from './support/log.ts';
import { apis, Proxy } from './support/proxy.ts';

interface Moved {
  readonly key: string;
  readonly n: number;
}

let names = 0;
const moves = () =>
  defineTopic(`moves-${++names}`, {
    events: { moved: anything<Moved>() },
    key: (each) => each.data.key,
    partitions: 4,
  });

let proxy: Proxy;
let cluster: KafkaCluster;
let kafka: KafkaAdapter;

beforeAll(async () => {
  proxy = await Proxy.listen();
  cluster = await startKafka({ advertisedPorts: [proxy.port] });
  proxy.target = cluster.nodes[0]?.port ?? 0;
});
afterAll(async () => {
  await cluster.stop();
  await proxy[Symbol.asyncDispose]();
});
beforeEach(() => {
  kafka = kafkaOf(cluster);
});
afterEach(() => kafka.close());

function numbersOf(records: readonly LogRecord[], key: string): number[] {
  return records.flatMap(({ text }) => {
    const data = JSON.parse(text ?? 'null') as Moved;
    return data.key === key ? [data.n] : [];
  });
}

describe('an answer that is lost with its connection', () => {
  it('leaves every event stored exactly once and in order, however many answers are lost', async () => {
    const topic = moves();
    await using streams = await createStreams({ adapter: kafka, topics: [topic] });
    const producer = streams.producer(topic, { backoff: { initial: 1, max: 20 } });
    await producer.send({ type: 'moved', data: { key: 'warm', n: 0 } });
    const keys = Array.from({ length: 40 }, (_, index) => `k${index}`);

    const lost = proxy.loseAnswers(apis.produce, 25);
    const sending: Promise<SendReceipt>[] = [];
    for (let n = 0; n < 100; n++) {
      for (const key of keys) sending.push(producer.send({ type: 'moved', data: { key, n } }));
      // One turn of the event loop: several requests, not one large one.
      if (n % 4 === 3) await Promise.race([sending.at(-1), new Promise((resolve) => setImmediate(resolve))]);
    }
    const receipts = await Promise.all(sending);

    expect(lost.hits).toBe(25);
    const records = await readLog(brokersOf(cluster), topic.name);
    expect(records).toHaveLength(4_001);
    for (const key of keys) expect(numbersOf(records, key)).toEqual(Array.from({ length: 100 }, (_, n) => n));
    const stored = new Map(records.map((record) => [`${record.partition}/${record.offset}`, record.text]));
    for (const [index, { partition, position }] of receipts.entries())
      expect(JSON.parse(stored.get(`${partition}/${position}`) ?? 'null')).toEqual({
        key: keys[index % 40],
        n: Math.floor(index / 40),
      });
  });

  it('is not known to have stored anything; the same batch again gives the position that it has', async () => {
    const name = await newTopic(kafka.admin, { partitions: 1 });
    const sink = await openSink(kafka, name);
    const signal = new AbortController().signal;
    const batch: LaneBatch = { lane: '0', events: [event('a', 'one'), event('a', 'two')] };

    proxy.loseAnswers(apis.produce, 2);
    for (let attempt = 0; attempt < 2; attempt++)
      expect(await sink.write(sink.route('0'), [batch], signal)).toMatchObject([
        { code: 'unavailable', retryable: true, outcome: 'unknown' },
      ]);
    const [written] = await sink.write(sink.route('0'), [batch], signal);

    expect(written).toEqual([
      { partition: '0', position: '0' },
      { partition: '0', position: '1' },
    ]);
    expect((await readLog(brokersOf(cluster), name)).map(({ text }) => text)).toEqual(['one', 'two']);
  });
});

describe('a batch that was given up', () => {
  it('does not swallow the next event, which is stored under another producer id', async () => {
    const topic = moves();
    await using streams = await createStreams({ adapter: kafka, topics: [topic] });
    const producer = streams.producer(topic, { deliveryTimeout: 400, backoff: { initial: 10, max: 50 } });
    await producer.send({ type: 'moved', data: { key: 'a', n: 0 } });

    let asked = 0;
    proxy.passed = (api) => void (asked += Number(api === apis.produce));
    const lost = proxy.loseAnswers(apis.produce);
    const failure = await producer.send({ type: 'moved', data: { key: 'a', n: 1 } }).then(
      () => undefined,
      (error: unknown) => error,
    );
    // The answer to a request that is under way would tell what became of the batch.
    await expect.poll(() => asked - lost.hits).toBe(0);
    lost.stop();
    proxy.passed = undefined;
    expect(StreamError.is(failure) && failure.outcome).toBe('unknown');
    expect(lost.hits).toBeGreaterThan(1);
    const after = await producer.send({ type: 'moved', data: { key: 'a', n: 2 } });
    await producer.send({ type: 'moved', data: { key: 'a', n: 3 } });

    const records = await readLog(brokersOf(cluster), topic.name);
    expect(numbersOf(records, 'a')).toEqual([0, 1, 2, 3]);
    expect(
      records.find(
        ({ partition, offset }) => String(partition) === after.partition && String(offset) === after.position,
      )?.text,
    ).toContain('"n":2');
    const ids = records.map(({ producerId }) => producerId);
    expect(ids[1]).toBe(ids[0]);
    expect(ids[2]).not.toBe(ids[0]);
    expect(ids[3]).toBe(ids[2]);
  });

  it('leaves the other partitions under the id that they have', async () => {
    const name = await newTopic(kafka.admin, { partitions: 2 });
    const sink = await openSink(kafka, name);
    const signal = new AbortController().signal;
    const batch = (lane: string, text: string): LaneBatch => ({ lane, events: [event(null, text)] });
    const write = (...batches: readonly LaneBatch[]) => sink.write(sink.route('0'), batches, signal);
    await write(batch('0', 'a0'), batch('1', 'b0'));

    proxy.loseAnswers(apis.produce, 1);
    const [given, kept] = [batch('0', 'a1'), batch('1', 'b1')];
    expect(await write(given, kept)).toMatchObject([{ outcome: 'unknown' }, { outcome: 'unknown' }]);
    sink.abandon(given);
    expect(await write(batch('0', 'a2'), kept)).toMatchObject([[{ position: '2' }], [{ position: '1' }]]);

    const records = await readLog(brokersOf(cluster), name);
    expect(records.map(({ partition, text }) => [partition, text])).toEqual([
      [0, 'a0'],
      [0, 'a1'],
      [0, 'a2'],
      [1, 'b0'],
      [1, 'b1'],
    ]);
    const [first, , renewed, ...others] = records.map(({ producerId }) => producerId);
    expect(renewed).not.toBe(first);
    expect(others).toEqual([first, first]);
  });

  it('that the broker never saw leaves no hole in the sequence', async () => {
    const name = await newTopic(kafka.admin, { partitions: 1, maxEventBytes: 10_000 });
    const sink = await openSink(kafka, name);
    const signal = new AbortController().signal;
    const large: LaneBatch = { lane: '0', events: [event('a', 'x'.repeat(20_000))] };
    expect(await sink.write(sink.route('0'), [large], signal)).toMatchObject([
      { code: 'event-too-large', retryable: false, outcome: 'not-written' },
    ]);
    sink.abandon(large);
    expect(await sink.write(sink.route('0'), [{ lane: '0', events: [event('a', 'small')] }], signal)).toEqual([
      [{ partition: '0', position: '0' }],
    ]);
  });
});
