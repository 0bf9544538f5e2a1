import { subscribe } from 'node:diagnostics_channel';
import { setTimeout as wait } from 'node:timers/promises';
import { connect, type Streams } from 'isostream';
import { Wire } from '../cost/wire.ts';
import { collectGarbage } from '../rounds.ts';
import { perSecond } from '../sending.ts';
import { rawTopic } from '../topics.ts';
import type { Figures, ScaleTask } from './task.ts';

const value = Buffer.alloc(100, 'x');
const keys = 1_000;
const outstanding = 10_000;

const tasks: Readonly<Record<ScaleTask['kind'], (task: ScaleTask, streams: Streams) => Promise<Figures>>> = {
  fill,
  read,
  join,
  topics: manyTopics,
  keys: newKeys,
};

/** So many small events of 1,000 keys, none of which is kept here. */
async function fill({ topics: [name = ''], count }: ScaleTask, streams: Streams): Promise<Figures> {
  const producer = streams.producer(rawTopic(name));
  const start = performance.now();
  let next = 0;
  const sender = async (): Promise<void> => {
    while (next < count) await producer.send({ key: `key-${next++ % keys}`, value });
  };
  await Promise.all(Array.from({ length: outstanding }, sender));
  return { rate: perSecond(count, start) };
}

/** All of it with one member: how fast at the beginning and at the end, and what memory that takes. */
async function read({ topics: [name = ''], group, count }: ScaleTask, streams: Streams): Promise<Figures> {
  const consumer = streams.consumer(rawTopic(name), { group, from: 'earliest' });
  const tenth = Math.ceil(count / 10);
  const marks: { readonly at: number; readonly heapMb: number }[] = [];
  let seen = 0;
  const begun = performance.now();
  await new Promise<void>((resolve, reject) => {
    const handle = async (): Promise<void> => {
      if (++seen % tenth === 0 || seen === 1 || seen === count) marks.push({ at: performance.now(), heapMb: heapMb() });
      if (seen === count) resolve();
    };
    consumer.run(handle).catch(reject);
  });
  const [first, second, ...others] = marks;
  const last = others.at(-1);
  const before = others.at(-2);
  if (first === undefined || second === undefined || last === undefined || before === undefined) return {};
  return {
    'first event': first.at - begun,
    rate: ((count - 1) * 1_000) / (last.at - first.at),
    'first tenth': (tenth * 1_000) / (second.at - first.at),
    'last tenth': ((count - tenth * 9) * 1_000) / (last.at - before.at),
    'heap at a tenth': second.heapMb,
    'heap at the end': last.heapMb,
    rss: process.memoryUsage.rss() / 1_048_576,
  };
}

/** Members of one group that begin together, until each has its share. */
async function join({ topics: [name = ''], group, count, partitions }: ScaleTask, streams: Streams): Promise<Figures> {
  const held = new Map<string, Set<string>>();
  let changed = (): void => undefined;
  const tell = (change: (of: Set<string>, partition: string) => unknown) => (message: unknown) => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as core documents these channels
    const { member, partition } = message as { readonly member: string; readonly partition: string };
    const own = held.get(member) ?? new Set<string>();
    held.set(member, own);
    change(own, partition);
    changed();
  };
  subscribe(
    'isostream:consume:assigned',
    tell((own, partition) => own.add(partition)),
  );
  for (const channel of ['isostream:consume:revoked', 'isostream:consume:lost'])
    subscribe(
      channel,
      tell((own, partition) => own.delete(partition)),
    );
  const most = Math.ceil(partitions / count);
  const isShared = (): boolean => {
    const sizes = [...held.values()].map(({ size }) => size);
    return sizes.reduce((sum, size) => sum + size, 0) === partitions && sizes.every((size) => size <= most);
  };
  const start = performance.now();
  const cpu = process.cpuUsage();
  const consumers = Array.from({ length: count }, () => streams.consumer(rawTopic(name), { group }));
  const running = Promise.race(consumers.map((consumer) => consumer.run(async () => undefined)));
  running.catch(() => undefined);
  while (!isShared()) await Promise.race([running, new Promise<void>((resolve) => (changed = resolve))]);
  const { user, system } = process.cpuUsage(cpu);
  return { shared: performance.now() - start, cpu: (user + system) / 1_000 };
}

/** One consumer for each of many topics, on one client: an event to each, again and again. */
async function manyTopics({ topics, group, count }: ScaleTask, streams: Streams): Promise<Figures> {
  const wire = new Wire('kafka');
  const start = performance.now();
  let seen = 0;
  let all = (): void => undefined;
  const handled = new Promise<void>((resolve) => (all = resolve));
  const handle = async (): Promise<void> => {
    if (++seen === topics.length * count) all();
  };
  const consumers = topics.map((topic) => streams.consumer(rawTopic(topic), { group: `${group}-${topic}` }));
  const running = Promise.race(consumers.map((consumer) => consumer.run(handle)));
  running.catch(() => undefined);
  await Promise.race([running, Promise.all(consumers.map(({ ready }) => ready))]);
  const ready = performance.now() - start;
  wire.start();
  const producers = topics.map((topic) => streams.producer(rawTopic(topic)));
  const sending = performance.now();
  const senders = producers.map(async (producer) => {
    for (let n = 0; n < count; n++) await producer.send({ key: `key-${n}`, value });
  });
  await Promise.all([...senders, Promise.race([running, handled])]);
  const rate = perSecond(topics.length * count, sending);
  // Connections of joins stay for some seconds.
  await wait(5_000);
  return { ready, rate, sockets: wire.read().sockets, rss: process.memoryUsage.rss() / 1_048_576 };
}

/** 10,000 keys each second that nobody has seen, sent and handled: what is kept for each is let go. */
async function newKeys({ topics: [name = ''], group, count: seconds }: ScaleTask, streams: Streams): Promise<Figures> {
  const topic = rawTopic(name);
  const consumer = streams.consumer(topic, { group, from: 'earliest' });
  const producer = streams.producer(topic);
  const latencies: number[] = [];
  const running = consumer.run(async (event) => {
    latencies.push(performance.now() - Number(String(event.value)));
  });
  running.catch(() => undefined);
  await Promise.race([running, consumer.ready]);
  const perTick = 100;
  const start = performance.now();
  const heaps: number[] = [];
  let sent = 0;
  for (let tick = 0; tick < seconds * perTick; tick++) {
    const lead = start + (tick * 1_000) / perTick - performance.now();
    if (lead > 0) await wait(lead);
    for (let n = 0; n < 10_000 / perTick; n++)
      void producer
        .send({ key: `new-${sent++}`, value: Buffer.from(String(performance.now())) })
        .catch(() => undefined);
    if (tick % perTick === perTick - 1) heaps.push(heapMb());
  }
  await producer.flush();
  while (latencies.length < sent) await Promise.race([running, wait(20)]);
  const rate = perSecond(sent, start);
  const sorted = latencies.toSorted((a, b) => a - b);
  return {
    rate,
    p99: sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN,
    // The bench itself keeps a number for each event.
    growth: (heaps.at(-1) ?? 0) - (heaps[0] ?? 0) - (latencies.length * 8) / 1_048_576,
  };
}

/** What is in use, after a collection. */
function heapMb(): number {
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return (heapUsed + arrayBuffers) / 1_048_576;
}

process.once('message', (task: ScaleTask) => {
  // A failure ends this process, and with it the parent's wait.
  void (async () => {
    const streams = await connect({ ...task.config, topics: task.topics.map(rawTopic), topology: 'assume' });
    const figures = await tasks[task.kind](task, streams);
    process.send?.(figures);
    await streams.close({ deadline: '5s' });
    process.disconnect();
    process.exit(0);
  })();
});
