import { withCpu } from '../cpu.ts';
import { messages, type Message } from '../load.ts';
import { Counted } from '../measured.ts';
import { runRounds } from '../rounds.ts';
import { row, type Row } from '../row.ts';
import { perSecond, sendOutstanding } from '../sending.ts';
import { rawTopic } from '../topics.ts';
import type { RawStage } from './raw-client.ts';

export interface AgainstRaw {
  readonly rounds: number;
  /** Events of a full round. */
  readonly events: number;
  /** Events of a round that sends one after the other. */
  readonly few: number;
  readonly goals: { readonly batches: number; readonly oneByOne: number; readonly consume: number };
}

const unit = 'events/s';

/** `send` of single events, against the client's best batches and its awaited send. Each contestant writes topics of its own: what is stored makes some brokers slower. */
export async function measureSend(stage: RawStage, { rounds, events, few, goals }: AgainstRaw): Promise<Row[]> {
  const load = messages(events);
  const { raw } = stage;
  const samples = await runRounds(
    [
      () => withCpu('batches', load.length, () => timed(stage, load, (topic) => raw.sendBatches(topic, load, 1_000))),
      async () =>
        raw.batchesItself === true
          ? { 'large batches': await timed(stage, load, (topic) => raw.sendBatches(topic, load, 10_000)) }
          : {},
      async () => ({
        'one by one': await timed(stage, load.slice(0, few), async (topic, some) => {
          await sendOutstanding(some, 1, (message) => raw.sendOne(topic, message));
        }),
      }),
      () => withCpu('window', load.length, () => sendAll(stage, load, 1_000)),
      async () => ({ 'large window': await sendAll(stage, load, 10_000) }),
    ],
    rounds,
  );
  const byHand = { unit, against: raw.batches, reference: samples.of('batches') };
  return [
    row({
      measurement: 'send, 1,000 outstanding',
      isostream: samples.of('window'),
      ...byHand,
      goal: { atLeast: goals.batches },
    }),
    row({
      measurement: 'send, 10,000 outstanding',
      isostream: samples.of('large window'),
      ...byHand,
      ...(raw.batchesItself === true ? { reference: samples.of('large batches') } : {}),
    }),
    row({
      measurement: 'send, 1,000 outstanding',
      unit,
      isostream: samples.of('window'),
      against: raw.oneByOne,
      reference: samples.of('one by one'),
      goal: { atLeast: goals.oneByOne },
    }),
    row({
      measurement: 'CPU: send, 1,000 outstanding',
      unit: 'µs/event',
      isostream: samples.of('window cpu'),
      against: raw.batches,
      reference: samples.of('batches cpu'),
    }),
  ];
}

/** How fast one member gets through a backlog when its handler does nothing, from the first event to the last: what joining a group takes is not in it. */
export async function measureConsume(stage: RawStage, { rounds, events, goals }: AgainstRaw): Promise<Row[]> {
  const load = messages(events);
  const topic = await stage.createTopic();
  await stage.raw.sendBatches(topic, load);
  await using streams = await stage.streams(rawTopic(topic));
  const samples = await runRounds(
    [
      () =>
        withCpu('raw', load.length, async () => {
          const counted = new Counted(load.length);
          await stage.raw.consume(topic, load.length, () => counted.count());
          return counted.rate;
        }),
      () =>
        withCpu('isostream', load.length, async () => {
          const counted = new Counted(load.length);
          await using consumer = streams.consumer(rawTopic(topic), { group: stage.groupName(), from: 'earliest' });
          consumer
            .run(async () => counted.count())
            .then(
              () => counted.ended(undefined),
              (error: unknown) => counted.ended(error),
            );
          return await counted.rate;
        }),
    ],
    rounds,
  );
  return [
    row({
      measurement: 'consume',
      unit,
      isostream: samples.of('isostream'),
      against: stage.raw.consumer,
      reference: samples.of('raw'),
      goal: { atLeast: goals.consume },
    }),
    row({
      measurement: 'CPU: consume',
      unit: 'µs/event',
      isostream: samples.of('isostream cpu'),
      against: stage.raw.consumer,
      reference: samples.of('raw cpu'),
    }),
  ];
}

async function sendAll(stage: RawStage, load: readonly Message[], outstanding: number): Promise<number> {
  const topic = await stage.createTopic();
  await using streams = await stage.streams(rawTopic(topic));
  await using producer = streams.producer(rawTopic(topic));
  return await sendOutstanding(load, outstanding, (message) => producer.send(message));
}

async function timed(
  stage: RawStage,
  load: readonly Message[],
  work: (topic: string, load: readonly Message[]) => Promise<unknown>,
): Promise<number> {
  const topic = await stage.createTopic();
  const start = performance.now();
  await work(topic, load);
  return perSecond(load.length, start);
}
