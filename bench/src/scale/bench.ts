import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { KafkaStage } from '../kafka/stage.ts';
import { type Goal, row, type Row } from '../row.ts';
import type { Figures, ScaleTask } from './task.ts';

const worker = fileURLToPath(new URL('worker.js', import.meta.url));

/** In a process of its own. Rejects when that ends without an answer. */
function answerTo(task: ScaleTask): Promise<Figures> {
  const child = fork(worker);
  return new Promise((resolve, reject) => {
    child.once('message', (figures: Figures) => resolve(figures));
    // After its last message, which may be read later than its end is noticed.
    child.once('disconnect', () => reject(new Error(`the process for "${task.kind}" ended without an answer`)));
    child.send(task);
  });
}

/** What grows with a service: partitions, members, topics, keys and backlogs. Once each. */
export async function measureScale(stage: KafkaStage): Promise<Row[]> {
  const rows: Row[] = [];
  for (const measure of [partitions, members, topics, keys, backlog]) {
    process.stderr.write(`measuring ${measure.name}\n`);
    rows.push(...(await measure(stage)));
  }
  return rows;
}

function taskOf(stage: KafkaStage, kind: ScaleTask['kind'], names: readonly string[], count: number): ScaleTask {
  return { kind, config: stage.config, topics: names, group: stage.groupName(), count, partitions: 0 };
}

function single(measurement: string, unit: string, figure: number | undefined, goal?: Goal): Row {
  return row({ measurement, unit, isostream: [figure ?? Number.NaN], ...(goal === undefined ? {} : { goal }) });
}

function sized(stage: KafkaStage, full: number): number {
  return Math.max(1, Math.round(full * stage.scale));
}

/** Partitions, members and topics: all of them from a tenth of the load on. */
function counted(stage: KafkaStage, full: number): number {
  return Math.max(2, Math.round(full * Math.min(1, stage.scale * 10)));
}

function shown(count: number): string {
  return count.toLocaleString('en-US');
}

async function filled(stage: KafkaStage, partitionCount: number | undefined, events: number): Promise<string> {
  const topic = await stage.createTopic(partitionCount);
  await answerTo(taskOf(stage, 'fill', [topic], events));
  return topic;
}

async function partitions(stage: KafkaStage): Promise<Row[]> {
  const count = counted(stage, 1_000);
  const events = sized(stage, 1_000_000);
  const few = await answerTo(taskOf(stage, 'read', [await filled(stage, undefined, events)], events));
  const many = await answerTo(taskOf(stage, 'read', [await filled(stage, count, events)], events));
  const what = `one member, ${shown(count)} partitions, ${shown(events)} events`;
  return [
    row({
      measurement: what,
      unit: 'events/s',
      isostream: [many['rate'] ?? Number.NaN],
      against: 'the same on 12 partitions',
      reference: [few['rate'] ?? Number.NaN],
    }),
    single(`${what}: until the first`, 'ms', many['first event']),
    row({
      measurement: `${what}: RSS`,
      unit: 'MB',
      isostream: [many['rss'] ?? Number.NaN],
      against: 'the same on 12 partitions',
      reference: [few['rss'] ?? Number.NaN],
    }),
  ];
}

async function members(stage: KafkaStage): Promise<Row[]> {
  const count = counted(stage, 50);
  const shared = counted(stage, 500);
  const topic = await stage.createTopic(shared);
  const figures = await answerTo({ ...taskOf(stage, 'join', [topic], count), partitions: shared });
  const what = `${count} members of one group begin at once, ${shown(shared)} partitions`;
  return [
    single(`${what}: until each has its share`, 'ms', figures['shared']),
    single(`${what}: CPU of all members`, 'ms', figures['cpu']),
  ];
}

async function topics(stage: KafkaStage): Promise<Row[]> {
  const names: string[] = [];
  while (names.length < counted(stage, 200)) names.push(await stage.createTopic(2));
  const figures = await answerTo(taskOf(stage, 'topics', names, 100));
  const what = `${names.length} topics in one client, a consumer and a producer each`;
  return [
    single(`${what}: until all are ready`, 'ms', figures['ready']),
    single(`${what}: sent one by one and handled`, 'events/s', figures['rate']),
    single(`${what}: sockets`, 'sockets', figures['sockets'], { atMost: 5 }),
    single(`${what}: RSS`, 'MB', figures['rss']),
  ];
}

async function keys(stage: KafkaStage): Promise<Row[]> {
  const seconds = sized(stage, 60);
  const figures = await answerTo(taskOf(stage, 'keys', [await stage.createTopic()], seconds));
  const what = `10,000 new keys per second, ${seconds} s`;
  return [
    single(what, 'events/s', figures['rate'], { atLeast: 9_500 }),
    single(`${what}: sent to handled, p99`, 'ms', figures['p99']),
    single(`${what}: memory in use, from the first second to the last`, 'MB', figures['growth'], { atMost: 10 }),
  ];
}

async function backlog(stage: KafkaStage): Promise<Row[]> {
  const events = sized(stage, 10_000_000);
  const figures = await answerTo(taskOf(stage, 'read', [await filled(stage, undefined, events)], events));
  const what = `a backlog of ${shown(events)} small events`;
  return [
    single(what, 'events/s', figures['rate']),
    row({
      measurement: `${what}: the last tenth`,
      unit: 'events/s',
      isostream: [figures['last tenth'] ?? Number.NaN],
      against: 'the first tenth',
      reference: [figures['first tenth'] ?? Number.NaN],
      goal: { atLeast: 0.9 },
    }),
    single(
      `${what}: memory in use, from a tenth to the end`,
      'MB',
      (figures['heap at the end'] ?? Number.NaN) - (figures['heap at a tenth'] ?? Number.NaN),
      { atMost: 10 },
    ),
  ];
}
