import { Partitioners } from 'kafkajs';
import { messages, type Message } from '../load.ts';
import { runRounds } from '../rounds.ts';
import { row, type Row } from '../row.ts';
import { percentile } from '../spread.ts';
import { rawTopic } from '../topics.ts';
import type { KafkaStage } from './stage.ts';

/** How long one sender waits for one event when nobody else sends. */
export async function measureLatency(stage: KafkaStage): Promise<Row[]> {
  const load = messages(3_000 * stage.scale);
  const topic = await stage.createTopic();
  await using streams = await stage.streams(rawTopic(topic));
  await using producer = streams.producer(rawTopic(topic));
  const raw = stage.raw.producer({ allowAutoTopicCreation: false, createPartitioner: Partitioners.DefaultPartitioner });
  await raw.connect();
  const samples = await runRounds(
    [
      async () => latency('raw', load, (message) => raw.send({ topic, messages: [message] })),
      async () => latency('isostream', load, (message) => producer.send(message)),
    ],
    stage.rounds,
  );
  await raw.disconnect();
  const against = 'kafkajs, await send()';
  return [
    row({
      measurement: 'lone sender, p50',
      unit: 'ms',
      isostream: samples.of('isostream p50'),
      against,
      reference: samples.of('raw p50'),
      goal: { atMost: 1.2 },
    }),
    row({
      measurement: 'lone sender, p99',
      unit: 'ms',
      isostream: samples.of('isostream p99'),
      against,
      reference: samples.of('raw p99'),
      goal: { atMost: 1 },
    }),
  ];
}

async function latency(
  name: string,
  load: readonly Message[],
  send: (message: Message) => Promise<unknown>,
): Promise<Record<string, number>> {
  const times: number[] = [];
  for (const message of load) {
    const start = performance.now();
    await send(message);
    times.push(performance.now() - start);
  }
  return { [`${name} p50`]: percentile(times, 50), [`${name} p99`]: percentile(times, 99) };
}
