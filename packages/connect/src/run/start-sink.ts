import { type Consumer, defineTopic, type RawEvent, StreamError, type Streams } from '@isostream/core';
import type { Config } from '../config/definition.ts';
import type { SinkPlan } from '../config/sink-connector.ts';
import { SinkTask } from './sink-task.ts';
import { rawTopic } from './topics.ts';

/** A record is never given up because its target is down. */
const attempts = Number.MAX_SAFE_INTEGER;

/** Members of a sink's group. */
export interface StartedSink {
  readonly consumers: readonly Consumer<RawEvent>[];
  readonly runs: readonly Promise<void>[];
  readonly end: () => Promise<void>;
}

/** Starts the tasks of a sink. Rejects where a topic does not exist. */
export async function startSink(
  connector: SinkPlan,
  worker: Config,
  streams: Streams,
  say: (line: string) => void,
): Promise<StartedSink> {
  const { config, name } = connector;
  const topics = await topicsOf(connector, streams);
  const letters = config.text('errors.deadletterqueue.topic.name');
  const toleratesAll = config.text('errors.tolerance') === 'all';
  const producer =
    letters === '' || !toleratesAll ? undefined : streams.producer(await letterTopic(connector, streams));
  const hasPositions = streams.adapter.capabilities.settlement === 'watermark';
  const tasks = config.number('tasks.max');
  const records = config.number('consumer.override.max.poll.records');
  const consumers: Consumer<RawEvent>[] = [];
  const runs: Promise<void>[] = [];
  const sinks = Array.from({ length: tasks }, (_, task) => {
    const sink = connector.sink.create(connector.sinkConfig, { connector: name, task, say });
    const member = new SinkTask({ plan: connector, task, sink, letters: producer, hasPositions, say });
    for (const topic of topics) {
      const consumer = streams.consumer(defineTopic(topic, { raw: true }), {
        group: config.optional('consumer.override.group.id') ?? `connect-${name}`,
        from: config.text('consumer.override.auto.offset.reset') === 'latest' ? 'latest' : 'earliest',
        clientId: `connector-consumer-${name}-${task}`,
        commitInterval: `${worker.number('offset.flush.interval.ms')}ms`,
        onFailure: 'stop',
        // Five minutes for the call of a record, and as long for the one before it, of each topic.
        handlerTimeout: `${10 * topics.length}m`,
        retry: { attempts },
        // One call and the next one, which fills up meanwhile, and as much again that is read ahead.
        concurrency: 2 * records,
        maxInFlight: { events: Math.max(500, 4 * records) },
      });
      consumers.push(consumer);
      const run = consumer.run((event, context) => member.handle(event, context));
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

async function topicsOf({ topics, name }: SinkPlan, { admin }: Streams): Promise<readonly string[]> {
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

async function letterTopic({ config }: SinkPlan, { admin, adapter }: Streams): Promise<ReturnType<typeof rawTopic>> {
  const name = config.text('errors.deadletterqueue.topic.name');
  const topic = rawTopic(name);
  if ((await admin.describe(name)) !== undefined) return topic;
  const factor = config.number('errors.deadletterqueue.topic.replication.factor');
  const copies = adapter.capabilities.replication ? { replication: { factor } } : {};
  await admin.ensure(defineTopic(name, { raw: true, partitions: 1, ...copies }));
  return topic;
}

async function sayTasks(
  { name, config }: SinkPlan,
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
