import { spawn } from 'node:child_process';
import { createStreams, defineTopic, type Streams } from '@isostream/core';
import { type KafkaCluster, startKafka } from '@isostream/emulators';
import { createKafka } from '@isostream/kafka';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { command, ended, isostreamWith } from './support/run.ts';

let cluster: KafkaCluster;
let streams: Streams;
const orders = defineTopic('orders', { raw: true, partitions: 2 });
const copy = defineTopic('orders-copy', { raw: true, partitions: 3 });

beforeAll(async () => {
  cluster = await startKafka({ mode: 'native' });
  streams = await createStreams({
    adapter: createKafka({ brokers: [new URL(cluster.url).host] }),
    topics: [orders, copy],
  });
  const events = Array.from({ length: 60 }, (_, n) => ({ key: `k${n % 5}`, value: Buffer.from(String(n)) }));
  await streams.producer(orders).sendBatch(events);
}, 120_000);
afterAll(async () => {
  await streams.close();
  await cluster.stop();
});

function mirror(...args: readonly string[]): {
  readonly status: number | null;
  readonly said: string;
  readonly out: unknown;
} {
  const { status, stdout, stderr } = isostreamWith({}, 'mirror', ...withSides(args), '--json');
  return { status, said: stderr, out: stdout === '' ? undefined : JSON.parse(stdout) };
}

function withSides([name = '', ...rest]: readonly string[]): string[] {
  return [name, 'orders', '--from', cluster.url, '--to', cluster.url, '--to-topic', 'orders-copy', ...rest];
}

async function copyAll(): Promise<void> {
  const running = spawn('node', [...command, 'mirror', ...withSides(['run'])], { stdio: ['ignore', 'pipe', 'pipe'] });
  while ((await streams.admin.groups(orders)).every((group) => group !== 'isostream-mirror'));
  const behind = async (): Promise<number> =>
    (await streams.admin.lag(orders, 'isostream-mirror')).reduce((sum, { events = 0 }) => sum + events, 0);
  while ((await behind()) > 0);
  running.kill('SIGTERM');
  expect(await ended(running)).toBe(143);
}

it('copies, says how far it is, compares, and places a group', async () => {
  await copyAll();
  expect(mirror('status')).toMatchObject({ status: 0, out: { behind: 0 } });
  expect(mirror('verify')).toMatchObject({ status: 0, out: { copied: 60, lost: 0, reordered: 0, changed: 0 } });

  const billing = streams.consumer(orders, { group: 'billing', concurrency: 1 });
  let seen = 0;
  await billing.run(() => {
    if (++seen === 25) void billing.close();
  });
  expect(mirror('cutover', '--group', 'billing')).toMatchObject({ status: 0, out: { executed: false } });
  expect(await streams.admin.groups(copy)).not.toContain('billing');
  const { out } = mirror('cutover', '--group', 'billing', '--execute');
  expect(out).toMatchObject({ executed: true, waiting: 60 - seen });
  expect(await streams.admin.groups(copy)).toContain('billing');

  // Written over there since, and brought back.
  await streams.producer(copy).sendBatch([{ key: 'k1', value: Buffer.from('new') }]);
  expect(mirror('rollback', '--group', 'billing')).toMatchObject({ status: 0, out: { events: 1, executed: false } });
  expect(mirror('rollback', '--group', 'billing', '--execute')).toMatchObject({ status: 0, out: { executed: true } });
  let last = '';
  await streams.replay(orders, { from: 'earliest', key: 'k1' }).run(({ value }) => {
    last = String(value);
  });
  expect(last).toBe('new');
  expect(mirror('rollback', '--group', 'billing')).toMatchObject({ out: { events: 0 } });

  // Missing events are seen, but for the one that came from there: no mirror copies it there again.
  await streams.admin.delete(copy);
  await streams.admin.ensure(copy);
  expect(mirror('verify')).toMatchObject({ status: 0, out: { copied: 0, behind: 60 } });
}, 120_000);

it('copies in both directions at once, and each event once', async () => {
  const [one, other] = ['both-1', 'both-2'].map((name) => defineTopic(name, { raw: true, partitions: 2 }));
  if (one === undefined || other === undefined) throw new Error('two topics');
  const sides = ['both-1', '--from', cluster.url, '--to', cluster.url, '--to-topic', 'both-2'];
  const turned = ['both-2', '--from', cluster.url, '--to', cluster.url, '--to-topic', 'both-1'];
  for (const [at, topic] of [one, other].entries()) {
    await streams.admin.ensure(topic);
    const events = Array.from({ length: 30 }, (_, n) => ({ key: `${at}-${n % 5}`, value: Buffer.from(String(n)) }));
    await streams.producer(topic).sendBatch(events);
  }
  const running = spawn('node', [...command, 'mirror', 'run', ...sides, '--both'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const isCopied = async (topic: typeof one): Promise<boolean> =>
    (await streams.admin.groups(topic)).includes('isostream-mirror') &&
    (await streams.admin.lag(topic, 'isostream-mirror')).every(({ events }) => events === 0);
  // Once more for what the other direction brought.
  for (const topic of [one, other, one, other]) while (!(await isCopied(topic)));
  running.kill('SIGTERM');
  expect(await ended(running)).toBe(143);
  for (const each of [sides, turned]) {
    const { status, stdout } = isostreamWith({}, 'mirror', 'verify', ...each, '--json');
    const counts = { events: 60, copied: 60, lost: 0, reordered: 0, repeated: 0, changed: 0 };
    expect([status, JSON.parse(stdout)]).toEqual([0, expect.objectContaining(counts)]);
  }
}, 120_000);

it('says what is missing in the command', () => {
  const { status, stderr } = isostreamWith({}, 'mirror', 'status', 'orders', '--from', 'memory:');
  expect([status, stderr]).toEqual([2, expect.stringContaining('--to')]);
});
