import { setTimeout as wait } from 'node:timers/promises';
import { Counted } from '../measured.ts';
import { runRounds } from '../rounds.ts';
import { row, type Row } from '../row.ts';
import { partitions, rawTopic } from '../topics.ts';
import type { Backlog } from './backlog.ts';
import { consumeCounted, consumeCountedRaw } from './consumers.ts';
import type { KafkaStage } from './stage.ts';

const handlerMs = 10;

/**
 * How close keys in parallel come to Little's law: concurrency ÷ latency, with the latency that the handlers really had,
 * since timers are late.
 */
export async function measureConcurrency(stage: KafkaStage, backlog: Backlog): Promise<Row[]> {
  const seconds = 3 * stage.scale;
  const samples = await runRounds(
    [
      async () => keyed(stage, backlog, { concurrency: 16, seconds }),
      async () => keyed(stage, backlog, { concurrency: 128, seconds }),
      async () => ({ raw: await rawRate(stage, backlog, seconds) }),
    ],
    stage.rounds,
  );
  const unit = 'events/s';
  const against = 'concurrency ÷ measured latency';
  return [
    row({
      measurement: `${handlerMs} ms handler, concurrency 16`,
      unit,
      isostream: samples.of('16'),
      against,
      reference: samples.of('16 by law'),
      goal: { within: 0.1 },
    }),
    row({
      measurement: `${handlerMs} ms handler, concurrency 128`,
      unit,
      isostream: samples.of('128'),
      against,
      reference: samples.of('128 by law'),
      goal: { within: 0.1 },
    }),
    row({
      measurement: `${handlerMs} ms handler, concurrency 128`,
      unit,
      isostream: samples.of('128'),
      against: `kafkajs, eachMessage, ${partitions} partitions at once`,
      reference: samples.of('raw'),
    }),
  ];
}

async function keyed(
  stage: KafkaStage,
  { topic, events }: Backlog,
  { concurrency, seconds }: { readonly concurrency: number; readonly seconds: number },
): Promise<Record<string, number>> {
  const counted = new Counted(Math.min(events, Math.ceil((concurrency * seconds * 1_000) / handlerMs)));
  let [calls, busyMs] = [0, 0];
  const handle = async (): Promise<void> => {
    const start = performance.now();
    await wait(handlerMs);
    busyMs += performance.now() - start;
    calls++;
    counted.count();
  };
  const rate = await consumeCounted(stage, rawTopic(topic), { counted, handle, concurrency });
  return { [concurrency]: rate, [`${concurrency} by law`]: (concurrency * 1_000 * calls) / busyMs };
}

function rawRate(stage: KafkaStage, { topic, events }: Backlog, seconds: number): Promise<number> {
  const counted = new Counted(Math.min(events, Math.ceil((partitions * seconds * 1_000) / handlerMs)));
  const handle = async (): Promise<void> => {
    await wait(handlerMs);
    counted.count();
  };
  return consumeCountedRaw(stage, topic, { counted, partitionsAtOnce: partitions, handle });
}
