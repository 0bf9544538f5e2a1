import { setTimeout as wait } from 'node:timers/promises';
import { createStreams } from '@isostream/core';
import { createKafka } from '@isostream/kafka';
import { collectGarbage } from '../rounds.ts';
import { rawTopic } from '../topics.ts';
import { startRawConsumer } from './consumers.ts';
import { rawClient } from './stage.ts';

/** What the parent process asks for, in one message. */
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
const patienceMs = 30_000;

async function raw(task: MemoryTask): Promise<MemoryFigures> {
  const kafka = rawClient(task.brokers);
  // An idle client is connected: what it needs for that is not the backlog's.
  const admin = kafka.admin();
  await admin.connect();
  let begun = false;
  const handle = (): Promise<void> => {
    begun = true;
    return wait(handlerMs);
  };
  const sampled = sample(task.ms, () => ({ begun, events: 0, bytes: 0 }));
  const consumer = await startRawConsumer(kafka, { ...task, partitionsAtOnce: 1, handle });
  const figures = await sampled;
  await consumer.stop();
  await admin.disconnect();
  return figures;
}

async function isostream(task: MemoryTask): Promise<MemoryFigures> {
  const topic = rawTopic(task.topic);
  await using streams = await createStreams({
    adapter: createKafka({ brokers: task.brokers }),
    topics: [topic],
    topology: 'assume',
  });
  await using consumer = streams.consumer(topic, {
    group: task.group,
    onFailure: 'stop',
    maxInFlight: { events: task.maxEvents },
  });
  const sampled = sample(task.ms, () => ({ begun: consumer.inFlight.events > 0, ...consumer.inFlight }));
  const running = consumer.run(() => wait(handlerMs));
  const figures = await Promise.race([sampled, running.then(() => sampled)]);
  await consumer.close();
  return figures;
}

/** Looks for so long, counted from the first event. */
async function sample(
  ms: number,
  held: () => { readonly begun: boolean; readonly events: number; readonly bytes: number },
): Promise<MemoryFigures> {
  collectGarbage();
  const before = process.memoryUsage.rss();
  let end = performance.now() + patienceMs;
  let [begun, rss, events, bytes] = [false, 0, 0, 0];
  while (performance.now() < end) {
    await wait(sampleMs);
    const now = held();
    if (!begun && now.begun) end = performance.now() + ms;
    begun ||= now.begun;
    rss = Math.max(rss, process.memoryUsage.rss());
    events = Math.max(events, now.events);
    bytes = Math.max(bytes, now.bytes);
  }
  if (!begun) throw new Error(`no event arrived within ${patienceMs} ms`);
  return { rssMb: (rss - before) / 1_048_576, events, bytes };
}

process.once('message', (task: MemoryTask) => {
  // A failure ends this process, and with it the parent's wait.
  void (task.client === 'raw' ? raw(task) : isostream(task)).then((figures) => process.send?.(figures));
});
