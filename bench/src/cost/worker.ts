import { subscribe } from 'node:diagnostics_channel';
import { setTimeout as wait } from 'node:timers/promises';
import { connect, type Streams } from 'isostream';
import { Kafka, logLevel } from 'kafkajs';
import { messages } from '../load.ts';
import { sendOutstanding } from '../sending.ts';
import { rawTopic } from '../topics.ts';
import type { CostTask, IdleFigures, LoadFigures, Say } from './task.ts';
import { type Traffic, Wire } from './wire.ts';

const settleMs = 5_000;

const tasks: { readonly [Kind in CostTask['kind']]: (task: Extract<CostTask, { kind: Kind }>) => Promise<void> } = {
  idle: async (task) => say({ kind: 'idle', figures: await idle(task) }),
  load: async (task) => say({ kind: 'load', figures: await load(task) }),
  member,
};

/** What members cost that have nothing to do. */
async function idle(task: Extract<CostTask, { kind: 'idle' }>): Promise<IdleFigures> {
  const wire = new Wire(task.provider);
  await using _ = await (task.client === 'kafkajs' ? idleKafkajs(task) : idleMembers(task));
  // What joining takes is not rest.
  await wait(settleMs);
  wire.start();
  const cpu = process.cpuUsage();
  await wait(task.seconds * 1_000);
  const { user, system } = process.cpuUsage(cpu);
  const traffic = wire.read();
  return {
    ...perMinute(traffic, task.seconds),
    sockets: traffic.sockets,
    cpuPercent: (user + system) / (task.seconds * 1e4),
  };
}

async function idleMembers(task: Extract<CostTask, { kind: 'idle' }>): Promise<AsyncDisposable> {
  const streams = await open(task);
  const consumers = task.topics.map((topic) => streams.consumer(rawTopic(topic), { group: task.group }));
  const running = consumers.map((consumer) => consumer.run(async () => undefined));
  await Promise.race([Promise.all(consumers.map(({ ready }) => ready)), Promise.all(running)]);
  return streams;
}

async function idleKafkajs(task: Extract<CostTask, { kind: 'idle' }>): Promise<AsyncDisposable> {
  const kafka = new Kafka({ clientId: 'bench', brokers: [...(task.brokers ?? [])], logLevel: logLevel.NOTHING });
  const consumer = kafka.consumer({ groupId: task.group });
  const joined = new Promise((resolve) => consumer.on(consumer.events.GROUP_JOIN, resolve));
  await consumer.connect();
  await consumer.subscribe({ topics: [...task.topics] });
  await consumer.run({ eachMessage: async () => undefined });
  await joined;
  return { [Symbol.asyncDispose]: () => consumer.disconnect() };
}

/** Requests by kind for what is sent, and for the same events when they are read. */
async function load(task: Extract<CostTask, { kind: 'load' }>): Promise<LoadFigures> {
  const wire = new Wire(task.provider);
  await using streams = await open(task);
  const [name = ''] = task.topics;
  const topic = rawTopic(name);
  const producer = streams.producer(topic);
  const [first, ...rest] = messages(task.events);
  if (first !== undefined) await producer.send(first);
  wire.start();
  await sendOutstanding(rest, 1_000, (message) => producer.send(message));
  const sent = wire.read();
  await producer.close();
  let handled = 0;
  const consumer = streams.consumer(topic, { group: task.group, from: 'earliest' });
  wire.start();
  await new Promise<void>((resolve, reject) => {
    consumer
      .run(async () => {
        if (++handled === task.events) resolve();
      })
      .catch(reject);
  });
  await consumer.close();
  return { send: perThousand(sent, rest.length), consume: perThousand(wire.read(), task.events) };
}

/** Runs until it is killed, and says how many partitions it holds whenever that changes. */
async function member(task: Extract<CostTask, { kind: 'member' }>): Promise<void> {
  const held = new Set<string>();
  const tell = (change: (partition: string) => unknown) => (message: unknown) => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as core documents these channels
    change((message as { readonly partition: string }).partition);
    void say({ kind: 'held', partitions: held.size });
  };
  subscribe(
    'isostream:consume:assigned',
    tell((partition) => held.add(partition)),
  );
  for (const change of ['revoked', 'lost'] as const)
    subscribe(
      `isostream:consume:${change}`,
      tell((partition) => held.delete(partition)),
    );
  const streams = await open(task);
  const [name = ''] = task.topics;
  await streams.consumer(rawTopic(name), { group: task.group }).run(async () => undefined);
}

function open({ config, topics }: CostTask): Promise<Streams> {
  return connect({ ...config, topics: topics.map(rawTopic), topology: 'assume' });
}

function perMinute(
  { requests, receivedBytes }: Traffic,
  seconds: number,
): Pick<IdleFigures, 'requests' | 'receivedKb'> {
  return { requests: scaled(requests, 60 / seconds), receivedKb: (receivedBytes * 60) / seconds / 1_024 };
}

function perThousand({ requests }: Traffic, events: number): Readonly<Record<string, number>> {
  return scaled(requests, 1_000 / events);
}

function scaled(requests: Traffic['requests'], factor: number): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(requests).map(([kind, count]) => [kind, count * factor]));
}

/** Resolves once the parent has it: what ends before may take it along. */
async function say(message: Say): Promise<void> {
  await new Promise<void>((resolve) => process.send?.(message, undefined, undefined, () => resolve()));
}

process.once('message', (task: CostTask) => {
  const run: (each: never) => Promise<void> = tasks[task.kind];
  // A failure ends this process, and with it the parent's wait.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the table has one entry for each kind
  void run(task as never).then(() => process.disconnect());
});
