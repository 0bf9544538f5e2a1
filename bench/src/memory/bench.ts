import { createStreams, type Middleware, type Topic } from '@isostream/core';
import { createMemory } from '@isostream/memory';
import { messages, typedMessages } from '../load.ts';
import { whileCounting, whileTracing } from './observed.ts';
import { Counted } from '../measured.ts';
import { runRounds } from '../rounds.ts';
import type { Bench } from '../bench.ts';
import { row, type Row } from '../row.ts';
import { chunks, sendOutstanding } from '../sending.ts';
import { rawTopic, typedTopic } from '../topics.ts';

export const memoryBench: Bench = {
  measurements: [],
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
      () => whileCounting(() => cost('metrics', raw, load)),
      () => whileTracing((middleware) => cost('traced', raw, load, middleware)),
    ],
    options.rounds,
  );
  /** What it adds to an event, round by round. */
  const added = (name: string, way: string): readonly number[] =>
    samples.of(`${name} ${way}`).map((value, round) => value - (samples.of(`raw ${way}`)[round] ?? Number.NaN));
  const observed = (what: string, name: string, atMost: number): readonly Row[] =>
    ['send', 'consume'].flatMap((way) => [
      row({
        measurement: `${way}, ${what}`,
        unit,
        isostream: samples.of(`${name} ${way}`),
        against: 'without',
        reference: samples.of(`raw ${way}`),
      }),
      row({ measurement: `${way}, ${what}: added`, unit, isostream: added(name, way), goal: { atMost } }),
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
        goal: { atMost: 5 },
      }),
      row({ measurement: 'consume typed events', unit, isostream: samples.of('typed consume'), goal: { atMost: 5 } }),
      ...observed('with metrics', 'metrics', 0.5),
      ...observed('with traces, none sampled', 'traced', 1),
    ],
  };
}

/**
 * Processor time, which on a busy machine is what the work took. In several short runs, each on a broker of its own: what
 * a broker keeps would otherwise be collected on core's account.
 */
async function cost<Input, Output>(
  name: string,
  topic: Topic<Input, Output>,
  load: readonly Input[],
  middleware: readonly Middleware[] = [],
): Promise<Record<string, number>> {
  let [send, consume] = [0, 0];
  for (const part of chunks(load, 20_000)) {
    await using streams = await createStreams({ adapter: createMemory(), topics: [topic], middleware });
    await using producer = streams.producer(topic);
    const begun = cpuMicroseconds();
    await sendOutstanding(part, 1_000, (input) => producer.send(input));
    const sent = cpuMicroseconds();
    const counted = new Counted(part.length);
    await using consumer = streams.consumer(topic, { group: 'bench', onFailure: 'stop' });
    const running = consumer
      .run(async () => counted.count())
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
