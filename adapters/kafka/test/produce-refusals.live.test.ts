import { createStreams, defineTopic, type Streams } from '@isostream/core';
import { type KafkaCluster, startKafka } from '@isostream/emulators';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { KafkaAdapter } from './support/open.ts';
import { anything, brokersOf, event, kafkaOf, newTopic, openSink, write } from './support/cluster.ts';
import { readLog } from './support/log.ts';

interface Moved {
  readonly key: string;
  readonly n: number;
  readonly pad: string;
}

let names = 0;
let cluster: KafkaCluster;
let kafka: KafkaAdapter;
let streams: Streams | undefined;

beforeAll(async () => {
  cluster = await startKafka();
});
afterAll(() => cluster.stop());
beforeEach(() => {
  kafka = kafkaOf(cluster);
  streams = undefined;
});
afterEach(() => streams?.close() ?? kafka.close());

describe('a topic that refuses what is written', () => {
  it('because it is compacted and the event has no key fails that event alone, and says so', async () => {
    const name = await newTopic(kafka.admin, { partitions: 1, compaction: true });
    const sink = await openSink(kafka, name);
    await expect(write(sink, [event(null, 'x')])).rejects.toMatchObject({
      code: 'invalid-event',
      outcome: 'not-written',
      retryable: false,
      message: expect.stringMatching(/compacted/) as unknown,
    });
    expect(await write(sink, [event('k', 'x')])).toEqual([{ partition: '0', position: '0' }]);
  });

  it('since its limit was lowered under an open producer fails what is too large, and stores the rest in order', async () => {
    const topic = defineTopic(`lowered-${++names}`, {
      events: { moved: anything<Moved>() },
      key: (each) => each.data.key,
      partitions: 1,
    });
    streams = await createStreams({ adapter: kafka, topics: [topic] });
    const producer = streams.producer(topic);
    const send = (n: number, bytes: number) =>
      producer.send({ type: 'moved', data: { key: 'k', n, pad: 'x'.repeat(bytes) } }).then(
        () => 'stored',
        (error: unknown) => error,
      );
    expect(await send(0, 1)).toBe('stored');
    await kafka.admin.alterTopic(topic.name, { maxEventBytes: 20_000 });
    // Together they are more than a batch may have now; one is too large by itself.
    const results = await Promise.all(Array.from({ length: 40 }, (_, n) => send(n + 1, n === 20 ? 30_000 : 2_000)));
    for (const [index, result] of results.entries())
      if (index === 20) expect(result).toMatchObject({ code: 'event-too-large', outcome: 'not-written' });
      else expect(result).toBe('stored');
    const stored = (await readLog(brokersOf(cluster), topic.name)).map(
      ({ text }) => (JSON.parse(text ?? 'null') as Moved).n,
    );
    expect(stored).toEqual(Array.from({ length: 41 }, (_, n) => n).filter((n) => n !== 21));
  });
});
