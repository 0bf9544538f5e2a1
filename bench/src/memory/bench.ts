import { createStreams, type Topic } from '@isostream/core';
import { createMemory } from '@isostream/memory';
import { messages, typedMessages } from '../load.ts';
import { floor } from './floor.ts';
import {
  type Around,
  whileAsking,
  whileAskingByHand,
  whileCounting,
  whileFollowing,
  whileFollowingByHand,
  withinRequest,
} from './observed.ts';
import { Counted } from '../measured.ts';
import { runRounds } from '../rounds.ts';
import type { Bench } from '../bench.ts';
import { row, type Row } from '../row.ts';
import { chunks, sendOutstanding } from '../sending.ts';
import { accepting, rawTopic, typedTopic } from '../topics.ts';

export const memoryBench: Bench = {
  measurements: [],
  clients: [],
  notes: [
    'What core costs by itself: no network, no disk. The memory adapter and the loop that measures are in the figures.',
  ],
  run: benchMemory,
};

/** Time an event takes in core, each way: bytes as they stand, and typed events with CloudEvents and JSON. */
async function benchMemory(options: {
  readonly scale: number;
  readonly rounds: number;
}): Promise<{ readonly broker: string; readonly rows: readonly Row[] }> {
  const load = messages(200_000 * options.scale);
  const typedLoad = typedMessages(load.length);
  const unit = 'CPU µs/event';
  const raw = rawTopic('raw');
  const samples = await runRounds(
    [
      () => cost('raw', raw, load),
      () => cost('typed', typedTopic('typed'), typedLoad),
      () => floor(typedLoad, (data) => accepting['~standard'].validate(data)),
      () => whileCounting(() => cost('metrics', raw, load)),
      () => withinRequest((around) => cost('request', raw, load, around)),
      () => whileFollowing((around) => cost('followed', raw, load, around)),
      () => whileFollowingByHand((around) => cost('followed by hand', raw, load, around)),
      () => whileAsking((around) => cost('asked', raw, load, around)),
      () => whileAskingByHand((around) => cost('asked by hand', raw, load, around)),
    ],
    options.rounds,
  );
  /** What one adds to an event beside another, round by round. */
  const added = (name: string, beside: string, way: string): readonly number[] =>
    samples.of(`${name} ${way}`).map((value, round) => value - (samples.of(`${beside} ${way}`)[round] ?? Number.NaN));
  const observed = (what: string, name: string, beside: string, atMost?: number): readonly Row[] =>
    ['send', 'consume'].flatMap((way) => [
      row({
        measurement: `${way}, ${what}`,
        unit,
        isostream: samples.of(`${name} ${way}`),
        against: beside === 'raw' ? 'without' : beside.replace(/.* by hand$/, 'by hand'),
        reference: samples.of(`${beside} ${way}`),
      }),
      row({
        measurement: `${way}, ${what}: added`,
        unit,
        isostream: added(name, beside, way),
        ...(atMost === undefined ? {} : { goal: { atMost } }),
      }),
    ]);
  return {
    broker: 'in this process',
    rows: [
      row({ measurement: 'send, 1,000 outstanding', unit, isostream: samples.of('raw send'), goal: { atMost: 5 } }),
      row({ measurement: 'consume', unit, isostream: samples.of('raw consume'), goal: { atMost: 5 } }),
      row({
        measurement: 'send typed events, 1,000 outstanding',
        unit,
        isostream: samples.of('typed send'),
        against: 'id, schema and JSON alone',
        reference: samples.of('floor send'),
        goal: { atMost: 2 },
      }),
      row({
        measurement: 'consume typed events',
        unit,
        isostream: samples.of('typed consume'),
        against: 'JSON and schema alone',
        reference: samples.of('floor consume'),
        goal: { atMost: 2 },
      }),
      ...observed('with metrics', 'metrics', 'raw', 0.5),
      ...observed('within a request that is not sampled', 'request', 'raw'),
      ...observed('with traces of that request', 'followed', 'followed by hand', 1),
      ...observed('with traces, the sampler asked', 'asked', 'asked by hand', 1),
      ...observed('with such calls by hand, the request', 'followed by hand', 'request'),
      ...observed('with such calls by hand, the sampler asked', 'asked by hand', 'request'),
    ],
  };
}

/**
 * Processor time, which on a busy machine is what the work took. In several short runs, each on a broker of its own: what
 * a broker keeps would otherwise be collected on core's account.
 */
async function cost<Input extends object, Output extends object>(
  name: string,
  topic: Topic<Input, Output>,
  load: readonly Input[],
  { middleware = [], send: onSend, handle: onHandle }: Around = {},
): Promise<Record<string, number>> {
  let [send, consume] = [0, 0];
  for (const part of chunks(load, 20_000)) {
    await using streams = await createStreams({ adapter: createMemory(), topics: [topic], middleware });
    await using producer = streams.producer(topic);
    const begun = cpuMicroseconds();
    await sendOutstanding(part, 1_000, (input) => producer.send(onSend === undefined ? input : onSend(input)));
    const sent = cpuMicroseconds();
    const counted = new Counted(part.length);
    await using consumer = streams.consumer(topic, { group: 'bench', onFailure: 'stop' });
    const running = consumer
      .run(async (event) => (onHandle === undefined ? counted.count() : onHandle(event, () => counted.count())))
      .then(
        () => counted.ended(undefined),
        (error: unknown) => counted.ended(error),
      );
    await counted.rate;
    send += sent - begun;
    consume += cpuMicroseconds() - sent;
    await consumer.close();
    await running;
  }
  return { [`${name} send`]: send / load.length, [`${name} consume`]: consume / load.length };
}

function cpuMicroseconds(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}
