import { Partitioners } from 'kafkajs';
import { OpenLoop } from '../open-loop.ts';
import { runRounds } from '../rounds.ts';
import { row, type Row } from '../row.ts';
import { rawTopic } from '../topics.ts';
import { startRawConsumer } from './consumers.ts';
import type { KafkaStage } from './stage.ts';

const perSecond = 500;

/** From the time at which an event is due to its handler, at a fixed rate that both clients can keep up with. */
export async function measureOpenLoop(stage: KafkaStage): Promise<Row[]> {
  const seconds = 10 * stage.scale;
  const samples = await runRounds(
    [
      async () => named('raw', await raw(stage, seconds)),
      async () => named('isostream', await isostream(stage, seconds)),
    ],
    stage.rounds,
  );
  return (['p50', 'p99', 'p99.9'] as const).map((percentile) =>
    row({
      measurement: `due to handled at ${perSecond} events/s, ${percentile}`,
      unit: 'ms',
      isostream: samples.of(`isostream ${percentile}`),
      against: 'kafkajs, send and eachMessage',
      reference: samples.of(`raw ${percentile}`),
      goal: { atMost: 1 },
    }),
  );
}

async function isostream(stage: KafkaStage, seconds: number): Promise<Readonly<Record<string, number>>> {
  const topic = rawTopic(await stage.createTopic());
  const loop = new OpenLoop({ perSecond, seconds });
  await using streams = await stage.streams(topic);
  await using producer = streams.producer(topic);
  await using consumer = streams.consumer(topic, { group: stage.groupName(), onFailure: 'stop' });
  const running = consumer
    .run(async ({ value }) => loop.arrived(indexOf(value)))
    .then(
      () => loop.ended(undefined),
      (error: unknown) => loop.ended(error),
    );
  await consumer.ready;
  const figures = await loop.run((index) => producer.send({ key: `key-${index % 1_000}`, value: valueOf(index) }));
  await consumer.close();
  await running;
  return figures;
}

async function raw(stage: KafkaStage, seconds: number): Promise<Readonly<Record<string, number>>> {
  const topic = await stage.createTopic();
  const loop = new OpenLoop({ perSecond, seconds });
  const producer = stage.raw.producer({
    allowAutoTopicCreation: false,
    createPartitioner: Partitioners.DefaultPartitioner,
  });
  await producer.connect();
  let hasJoined: () => void = () => undefined;
  const joined = new Promise<void>((resolve) => (hasJoined = resolve));
  const consumer = await startRawConsumer(stage.raw, {
    topic,
    group: stage.groupName(),
    partitionsAtOnce: 1,
    joined: () => hasJoined(),
    handle: async (value) => loop.arrived(indexOf(value)),
  });
  await joined;
  const figures = await loop.run((index) =>
    producer.send({ topic, messages: [{ key: `key-${index % 1_000}`, value: valueOf(index) }] }),
  );
  await consumer.stop();
  await producer.disconnect();
  return figures;
}

function named(client: string, figures: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(figures).map(([name, value]) => [`${client} ${name}`, value]));
}

function valueOf(index: number): Buffer {
  return Buffer.from(String(index).padEnd(200));
}

function indexOf(value: Uint8Array | null): number {
  return Number(Buffer.from(value ?? []).toString());
}
