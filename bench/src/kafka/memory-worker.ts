import { setTimeout as wait } from 'node:timers/promises';
import { createStreams } from '@isostream/core';
import { createKafka } from '@isostream/kafka';
import { collectGarbage } from '../rounds.ts';
import { rawTopic } from '../topics.ts';
import { startRawConsumer } from './consumers.ts';
import { rawClient } from './stage.ts';

/** What the parent process asks for, as JSON in the first argument. */
export interface MemoryTask {
  readonly client: 'raw' | 'isostream';
  readonly topic: string;
  readonly group: string;
  readonly brokers: readonly string[];
  readonly maxEvents: number;
  readonly ms: number;
}

/** What it gets back as one message. */
export interface MemoryFigures {
  /** Resident memory at its highest, less that of the client before it read. */
  readonly rssMb: number;
  /** Held by isostream's engine at most; 0 for the raw client, which does not tell. */
  readonly events: number;
  readonly bytes: number;
}

const handlerMs = 20;
const sampleMs = 20;

async function raw(task: MemoryTask): Promise<MemoryFigures> {
  const kafka = rawClient(task.brokers);
  const admin = kafka.admin();
  await admin.connect();
  const sampled = sampler(task.ms, () => ({ events: 0, bytes: 0 }));
  const consumer = await startRawConsumer(kafka, { ...task, partitionsAtOnce: 1, handle: () => wait(handlerMs) });
  const figures = await sampled;
  await consumer.stop();
  await admin.disconnect();
  return figures;
}

async function isostream(task: MemoryTask): Promise<MemoryFigures> {
  const topic = rawTopic(task.topic);
  await using streams = await createStreams({ adapter: createKafka({ brokers: task.brokers }), topics: [topic], topology: 'assume' });
  await using consumer = streams.consumer(topic, { group: task.group, onFailure: 'stop', maxInFlight: { events: task.maxEvents } });
  const sampled = sampler(task.ms, () => consumer.inFlight);
  const running = consumer.run(() => wait(handlerMs));
  const figures = await Promise.race([sampled, running.then(() => sampled)]);
  await consumer.close();
  return figures;
}

async function sampler(ms: number, held: () => { readonly events: number; readonly bytes: number }): Promise<MemoryFigures> {
  collectGarbage();
  const before = process.memoryUsage.rss();
  const end = performance.now() + ms;
  let [rss, events, bytes] = [0, 0, 0];
  while (performance.now() < end) {
    await wait(sampleMs);
    const now = held();
    rss = Math.max(rss, process.memoryUsage.rss());
    events = Math.max(events, now.events);
    bytes = Math.max(bytes, now.bytes);
  }
  return { rssMb: (rss - before) / 1_048_576, events, bytes };
}

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the bench that starts this worker writes it
const task = JSON.parse(process.argv[2] ?? '') as MemoryTask;
process.send?.(await (task.client === 'raw' ? raw(task) : isostream(task)));
