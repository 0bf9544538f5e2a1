import { type Lane, type SourceListener, StreamError } from '@isostream/core/adapter';
import { type KafkaCluster, startKafka } from '@isostream/emulators';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { event, kafkaOf, newTopic, openSink } from './support/cluster.ts';

let cluster: KafkaCluster;

beforeAll(async () => {
  cluster = await startKafka();
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
    const read = async (lane: Lane): Promise<void> => {
      for (;;) {
        const result = await lane.read({ take: () => true }, new AbortController().signal);
        if (result === 'end') break;
        if (!('gap' in result)) seen.set(lane.partition, (seen.get(lane.partition) ?? 0) + result.length);
      }
      atFirstEnd ??= [...seen.values()];
    };
    const reading: Promise<void>[] = [];
    const listener: SourceListener = { assigned: (lane) => reading.push(read(lane)), revoking: async () => undefined, lost: () => undefined };
    await kafka.createReader({ topic: name, from: 'earliest', to: 'now' }).run(listener, new AbortController().signal);
    await Promise.all(reading);
    await kafka.close();

    expect([...seen.values()]).toEqual(lanes.map(() => batches * 3));
    expect(Math.min(...(atFirstEnd ?? []))).toBeGreaterThan((batches * 3) / 2);
  });

  it('gets an event that is larger than a fetch', async () => {
    const kafka = kafkaOf(cluster, { fetchBytes: '1kb' });
    const name = await newTopic(kafka.admin, { partitions: 2, maxEventBytes: 900_000 });
    const sink = await openSink(kafka, name);
    const write = (lane: string, text: string) => sink.write(sink.route(lane), [{ lane, events: [event(null, text)] }], new AbortController().signal);
    for (const lane of ['0', '1']) for (const text of ['small', 'x'.repeat(800_000), 'small']) await write(lane, text);
    const lengths: number[] = [];
    const reading: Promise<void>[] = [];
    const read = async (lane: Lane): Promise<void> => {
      for (;;) {
        const result = await lane.read({ take: () => true }, new AbortController().signal);
        if (result === 'end') return;
        if (!('gap' in result)) lengths.push(...result.map(({ value }) => value?.length ?? -1));
      }
    };
    const listener: SourceListener = { assigned: (lane) => reading.push(read(lane)), revoking: async () => undefined, lost: () => undefined };
    await kafka.createReader({ topic: name, from: 'earliest', to: 'now' }).run(listener, new AbortController().signal);
    await Promise.all(reading);
    await kafka.close();
    expect(lengths.toSorted((a, b) => a - b)).toEqual([5, 5, 5, 5, 800_000, 800_000]);
  });
});
