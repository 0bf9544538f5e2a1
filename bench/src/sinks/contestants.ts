import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type ConnectPlan, readConnectFiles, runConnectors, type SinkRecord } from '@isostream/connect';
import { createStreams, type Streams } from '@isostream/core';
import { createMemory } from '@isostream/memory';
import { chunks } from '../sending.ts';
import { rawTopic } from '../topics.ts';
import type { Document } from './documents.ts';
import type { Target } from './targets.ts';

const perRequest = 500;
const nothing = { schema: null, value: null };

/** The bare client, from bytes. */
export async function byHand(target: Target, load: readonly Document[]): Promise<Record<string, number>> {
  await target.reset();
  const begun = performance.now();
  for (const part of chunks(load, perRequest)) await target.write(part);
  return { 'by hand': rateOf(load, begun) };
}

/** The sink without a runner around it, from bytes. */
export async function bySink(target: Target, load: readonly Document[]): Promise<Record<string, number>> {
  await target.reset();
  const [connector] = (await planOf(target)).connectors;
  if (connector?.kind !== 'sink') throw new Error('the file of the bench is one of a sink');
  const sink = connector.sink.create(connector.sinkConfig, {
    connector: 'bench',
    task: 0,
    say: target.say ?? (() => undefined),
  });
  const { signal } = new AbortController();
  await sink.open?.(signal);
  const begun = performance.now();
  let position = 0;
  for (const part of chunks(load, perRequest)) {
    const records = part.map(({ bytes }): SinkRecord => {
      const offset = BigInt(position++);
      const value = connector.converters.value.read(bytes);
      const origin = { topic: 'bench', partition: '0', position: String(offset) };
      return {
        topic: 'bench',
        key: nothing,
        value,
        headers: [],
        timestamp: 0,
        origin,
        offset,
        order: String(offset).padStart(20, '0'),
      };
    });
    const results = await sink.put(records, signal);
    if (results.some(({ state }) => state !== 'stored')) throw new Error('a record was not stored');
  }
  const rate = rateOf(load, begun);
  await sink.close?.();
  return { sink: rate };
}

/** A consumer that writes by hand. */
export async function byHandler(target: Target, load: readonly Document[]): Promise<Record<string, number>> {
  await target.reset();
  await using streams = await streamsWith(load);
  const stop = new AbortController();
  const begun = performance.now();
  const consumer = streams.consumer(rawTopic('bench'), { group: 'by-hand', maxInFlight: { events: 4 * perRequest } });
  const running = consumer.runBatch(
    (batch) =>
      target.write(
        batch.events.map((event) => {
          const { partition, position } = batch.context(event);
          return { key: '', place: `bench+${partition}+${position}`, bytes: Buffer.from(event.value ?? '') };
        }),
      ),
    { maxEvents: perRequest, maxWait: '5ms', signal: stop.signal },
  );
  const rate = await untilAll(target, load, begun, running);
  stop.abort();
  await running;
  return { handler: rate };
}

/** A connector, by its files. */
export async function byConnector(target: Target, load: readonly Document[]): Promise<Record<string, number>> {
  await target.reset();
  await using streams = await streamsWith(load);
  const plan = await planOf(target);
  const stop = new AbortController();
  const begun = performance.now();
  const running = runConnectors(plan, streams, {
    signal: stop.signal,
    ...(target.say === undefined ? {} : { say: target.say }),
  });
  const rate = await untilAll(target, load, begun, running);
  stop.abort();
  await running;
  return { connector: rate };
}

async function streamsWith(load: readonly Document[]): Promise<Streams> {
  const topic = rawTopic('bench');
  const streams = await createStreams({ adapter: createMemory(), topics: [topic] });
  await streams.producer(topic).sendBatch(load.map(({ key, bytes }) => ({ key, value: bytes })));
  return streams;
}

async function planOf(target: Target): Promise<ConnectPlan> {
  const folder = await mkdtemp(join(tmpdir(), 'isostream-bench-'));
  const [worker, sink] = [join(folder, 'worker.properties'), join(folder, 'sink.properties')];
  await writeFile(
    worker,
    'isostream.url=memory:\nkey.converter=StringConverter\nvalue.converter=JsonConverter\nvalue.converter.schemas.enable=false\n',
  );
  await writeFile(
    sink,
    `name=bench\ntopics=bench\nconsumer.override.max.poll.records=${perRequest}\n${target.properties}`,
  );
  const plan = await readConnectFiles(worker, [sink]);
  await rm(folder, { recursive: true });
  return plan;
}

async function untilAll(
  target: Target,
  load: readonly Document[],
  begun: number,
  running: Promise<void>,
): Promise<number> {
  const all = async (): Promise<void> => {
    while ((await target.count()) < load.length) await wait(20);
  };
  await Promise.race([all(), running]);
  return rateOf(load, begun);
}

function rateOf(load: readonly Document[], begun: number): number {
  return (load.length * 1_000) / (performance.now() - begun);
}
