import { type Consumer, defineTopic, type RawEvent, StreamError, type Streams } from '@isostream/core';
import type { ConnectorPlan } from '../config/connector.ts';
import type { ConnectPlan } from '../config/read-files.ts';
import { SinkTask } from './sink-task.ts';

export interface RunOptions {
  /** Ends all connectors: what was started is finished, and positions are committed. */
  readonly signal?: AbortSignal;
  /** Takes lines for people. Default: nobody hears them. */
  readonly say?: (line: string) => void;
}

/** A record is never given up because its target is down. */
const attempts = Number.MAX_SAFE_INTEGER;

/**
 * Runs connectors until the signal, or until one of them fails: then the others are ended too, and the failure is thrown, so
 * that whoever watches the process sees it. `streams` needs no topics declared; topics that do not exist are refused.
 */
export async function runConnectors(plan: ConnectPlan, streams: Streams, options: RunOptions = {}): Promise<void> {
  const { signal, say = () => undefined } = options;
  const consumers: Consumer<RawEvent>[] = [];
  const deadline = `${plan.worker.number('task.shutdown.graceful.timeout.ms')}ms` as const;
  const close = (): Promise<unknown> => Promise.all(consumers.map((consumer) => consumer.close({ deadline })));
  const ends: (() => Promise<void>)[] = [];
  try {
    const runs: Promise<void>[] = [];
    for (const connector of plan.connectors) {
      const started = await startConnector(connector, plan, streams, say);
      consumers.push(...started.consumers);
      runs.push(...started.runs);
      ends.push(started.end);
    }
    const stopped = new Promise<void>((resolve) => {
      if (signal?.aborted === true) resolve();
      signal?.addEventListener('abort', () => resolve(), { once: true });
    });
    // A run that ends by itself has failed, or was closed below.
    await Promise.race([stopped, Promise.all(runs)]);
    await close();
    await Promise.all(runs);
  } finally {
    await close();
    for (const end of ends) await end();
  }
}

interface Started {
  readonly consumers: readonly Consumer<RawEvent>[];
  readonly runs: readonly Promise<void>[];
  readonly end: () => Promise<void>;
}

async function startConnector(
  connector: ConnectorPlan,
  plan: ConnectPlan,
  streams: Streams,
  say: (line: string) => void,
): Promise<Started> {
  const { config, name } = connector;
  const topics = await topicsOf(connector, streams);
  const letters = config.text('errors.deadletterqueue.topic.name');
  const toleratesAll = config.text('errors.tolerance') === 'all';
  const producer =
    letters === '' || !toleratesAll ? undefined : streams.producer(await letterTopic(connector, streams));
  const tasks = config.number('tasks.max');
  const consumers: Consumer<RawEvent>[] = [];
  const runs: Promise<void>[] = [];
  const sinks = Array.from({ length: tasks }, (_, task) => {
    const sink = connector.sink.create(connector.sinkConfig, { connector: name, task, say });
    const member = new SinkTask({ plan: connector, task, sink, letters: producer, say });
    for (const topic of topics) {
      const consumer = streams.consumer(defineTopic(topic, { raw: true }), {
        group: config.optional('consumer.override.group.id') ?? `connect-${name}`,
        from: config.text('consumer.override.auto.offset.reset') === 'latest' ? 'latest' : 'earliest',
        clientId: `connector-consumer-${name}-${task}`,
        commitInterval: `${plan.worker.number('offset.flush.interval.ms')}ms`,
        onFailure: 'stop',
        handlerTimeout: '5m',
        retry: { attempts },
      });
      const batches = { maxEvents: config.number('consumer.override.max.poll.records'), maxWait: '20ms' } as const;
      consumers.push(consumer);
      const run = consumer.runBatch((batch) => member.handle(batch), batches);
      // Whoever waits for it hears of it; until then it is not unhandled.
      run.catch(() => undefined);
      runs.push(run);
    }
    return sink;
  });
  await sayTasks(connector, topics, streams, say);
  return {
    consumers,
    runs,
    async end() {
      await producer?.close();
      for (const sink of sinks) await sink.close?.();
    },
  };
}

async function topicsOf({ topics, name }: ConnectorPlan, { admin }: Streams): Promise<readonly string[]> {
  const there = await admin.topics();
  const wanted = typeof topics === 'function' ? there.filter(topics) : topics;
  const missing = wanted.filter((topic) => !there.includes(topic));
  if (missing.length > 0 || wanted.length === 0) {
    const what = missing.length > 0 ? `${missing.join(', ')} of topics` : 'a topic that topics.regex matches';
    throw new StreamError('unknown-topic', `${name} reads ${what}, and the service does not have it. Create it first`, {
      where: 'connect',
    });
  }
  return wanted;
}

async function letterTopic(
  { config }: ConnectorPlan,
  { admin, adapter }: Streams,
): Promise<ReturnType<typeof rawTopic>> {
  const name = config.text('errors.deadletterqueue.topic.name');
  const topic = rawTopic(name);
  if ((await admin.describe(name)) !== undefined) return topic;
  const factor = config.number('errors.deadletterqueue.topic.replication.factor');
  const copies = adapter.capabilities.replication ? { replication: { factor } } : {};
  await admin.ensure(defineTopic(name, { raw: true, partitions: 1, ...copies }));
  return topic;
}

function rawTopic(name: string) {
  return defineTopic(name, { raw: true });
}

async function sayTasks(
  { name, config }: ConnectorPlan,
  topics: readonly string[],
  { admin }: Streams,
  say: (line: string) => void,
): Promise<void> {
  const tasks = config.number('tasks.max');
  const described = await Promise.all(topics.map((topic) => admin.describe(topic)));
  const partitions = described.reduce((sum, topic) => sum + (topic?.partitionNames.length ?? 0), 0);
  say(`${name}: ${tasks} ${tasks === 1 ? 'task reads' : 'tasks read'} ${topics.join(', ')}`);
  if (partitions > 0 && tasks > partitions)
    say(`${name}: tasks.max is ${tasks}, and there are ${partitions} partitions: the others wait`);
}
