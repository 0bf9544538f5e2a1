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
      async () => {
        const topic = await stage.createTopic();
        return withCpu('batches', load.length, () => timed(load, () => raw.sendBatches(topic, load, 1_000)));
      },
      async () => {
        const topic = await stage.createTopic();
        const some = load.slice(0, few);
        return { 'one by one': await sendOutstanding(some, 1, (message) => raw.sendOne(topic, message)) };
      },
      ...(raw.batchesItself === true
        ? [
            async () => {
              const topic = await stage.createTopic();
              return { 'large batches': await timed(load, () => raw.sendBatches(topic, load, 10_000)) };
            },
          ]
        : []),
      () => sendAll(stage, load, 1_000, 'window'),
      () => sendAll(stage, load, 10_000, 'large window'),
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

/** The producer is open, and so is the raw client's: one event went before. */
async function sendAll(
  stage: RawStage,
  load: readonly Message[],
  outstanding: number,
  name: string,
): Promise<Record<string, number>> {
  const topic = rawTopic(await stage.createTopic());
  await using streams = await stage.streams(topic);
  await using producer = streams.producer(topic);
  const send = (message: Message): Promise<unknown> => producer.send(message);
  for (const first of load.slice(0, 1)) await send(first);
  return await withCpu(name, load.length, () => sendOutstanding(load, outstanding, send));
}

async function timed(load: readonly Message[], work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return perSecond(load.length, start);
}
