import { withCpu } from '../cpu.ts';
import { messages, type Message } from '../load.ts';
import { Counted } from '../measured.ts';
import { runRounds } from '../rounds.ts';
import { row, type Row } from '../row.ts';
import { perSecond, sendOutstanding } from '../sending.ts';
import { rawTopic } from '../topics.ts';
import type { BulkSender, RawStage } from './raw-client.ts';

export interface AgainstRaw {
  readonly rounds: number;
  /** Events of a full round. */
  readonly events: number;
  /** Events to read in a round, where that is another number. */
  readonly backlog?: number;
  /** Events of a round that sends one after the other. */
  readonly few: number;
  readonly goals: Goals;
}

/** Ratios to the raw client: of rates at least, of processor time an event at most. */
export interface Goals {
  readonly batches: number;
  readonly oneByOne: number;
  readonly consume: number;
  readonly sendCpu?: number;
  readonly consumeCpu: number;
}

const unit = 'events/s';

/** Events without an answer at a time. */
const windows = [1_000, 10_000] as const;

/** `send` of single events, against the client's bulk senders and its awaited send. Each contestant writes topics of its own: what is stored makes some brokers slower. */
export async function measureSend(stage: RawStage, { rounds, events, few, goals }: AgainstRaw): Promise<Row[]> {
  const load = messages(events);
  const { bulk, oneByOne } = stage.raw;
  const samples = await runRounds(
    [
      ...bulk.flatMap((sender) =>
        (sender.outstanding === undefined ? windows : [sender.outstanding]).map((outstanding) => async () => {
          const topic = await stage.createTopic();
          const work = () => timed(load, () => sender.send(topic, load, outstanding));
          return withCpu(sampleOf(sender, outstanding), load.length, work);
        }),
      ),
      async () => {
        const topic = await stage.createTopic();
        return {
          'one by one': await sendOutstanding(load.slice(0, few), 1, (message) => stage.raw.sendOne(topic, message)),
        };
      },
      ...windows.map((outstanding) => () => sendAll(stage, load, outstanding)),
    ],
    rounds,
  );
  const [best] = bulk;
  const rows = windows.flatMap((outstanding) =>
    bulk.map((sender) =>
      row({
        measurement: measurementOf(outstanding),
        unit,
        isostream: samples.of(own(outstanding)),
        against: sender.name,
        reference: samples.of(sampleOf(sender, outstanding)),
        ...(sender === best && isFair(sender, outstanding) ? { goal: { atLeast: goals.batches } } : {}),
      }),
    ),
  );
  const [window] = windows;
  return [
    ...rows,
    row({
      measurement: measurementOf(window),
      unit,
      isostream: samples.of(own(window)),
      against: oneByOne,
      reference: samples.of('one by one'),
      goal: { atLeast: goals.oneByOne },
    }),
    row({
      measurement: `CPU: ${measurementOf(window)}`,
      unit: 'µs/event',
      isostream: samples.of(`${own(window)} cpu`),
      against: best.name,
      reference: samples.of(`${sampleOf(best, window)} cpu`),
      ...(goals.sendCpu === undefined ? {} : { goal: { atMost: goals.sendCpu } }),
    }),
  ];
}

function measurementOf(outstanding: number): string {
  return `send, ${outstanding.toLocaleString('en')} outstanding`;
}

export function own(outstanding: number): string {
  return `isostream ${outstanding}`;
}

function sampleOf(sender: BulkSender, outstanding: number): string {
  return `${sender.name} ${sender.outstanding ?? outstanding}`;
}

/** Of the numbers of outstanding events that are measured this one is the nearest to the sender's own. */
function isFair(sender: BulkSender, outstanding: number): boolean {
  const distance = (other: number): number => Math.abs(Math.log(other / (sender.outstanding ?? outstanding)));
  return windows.every((other) => distance(outstanding) <= distance(other));
}

/** How fast one member gets through a backlog when its handler does nothing, from the first event to the last: what joining a group takes is not in it. */
export async function measureConsume(
  stage: RawStage,
  { rounds, events, backlog = events, goals }: AgainstRaw,
): Promise<Row[]> {
  const load = messages(backlog);
  const topic = await stage.createTopic();
  await stage.raw.bulk[0].send(topic, load, 1_000);
  await using streams = await stage.streams(rawTopic(topic));
  const samples = await runRounds(
    [
      async () => {
        const counted = new Counted(load.length);
        await stage.raw.consume(topic, load.length, () => counted.count());
        counted.ended(undefined);
        return { raw: await counted.rate, 'raw cpu': counted.cpuPerEvent };
      },
      async () => {
        const counted = new Counted(load.length);
        await using consumer = streams.consumer(rawTopic(topic), { group: stage.groupName(), from: 'earliest' });
        consumer
          .run(async () => counted.count())
          .then(
            () => counted.ended(undefined),
            (error: unknown) => counted.ended(error),
          );
        return { isostream: await counted.rate, 'isostream cpu': counted.cpuPerEvent };
      },
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
      goal: { atMost: goals.consumeCpu },
    }),
  ];
}

/** The producer is open, and so is the raw client's: one event went before. */
export async function sendAll(
  stage: Pick<RawStage, 'createTopic' | 'streams'>,
  load: readonly Message[],
  outstanding: number,
): Promise<Record<string, number>> {
  const topic = rawTopic(await stage.createTopic());
  await using streams = await stage.streams(topic);
  await using producer = streams.producer(topic);
  const send = (message: Message): Promise<unknown> => producer.send(message);
  for (const first of load.slice(0, 1)) await send(first);
  return await withCpu(own(outstanding), load.length, () => sendOutstanding(load, outstanding, send));
}

async function timed(load: readonly Message[], work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return perSecond(load.length, start);
}
