import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createStreams, defineTopic, type Streams } from '@isostream/core';
import { createMemory, createVirtualClock, type VirtualClock } from '@isostream/memory';
import { afterEach, expect, it } from 'vitest';
import { z } from 'zod';
import { record } from '../src/index.ts';
// It registers the matchers.
// oxlint-disable-next-line import/no-unassigned-import
import '../src/vitest.ts';

const orders = defineTopic('orders', {
  events: { placed: z.object({ id: z.string(), version: z.number() }), paid: z.object({ id: z.string() }) },
  key: (event) => event.data.id,
  partitions: 3,
});
const placed = (id: string, version: number): { type: 'placed'; data: { id: string; version: number } } => ({
  type: 'placed',
  data: { id, version },
});

const opened: { readonly streams: Streams; readonly clock: VirtualClock | undefined }[] = [];
afterEach(async () => {
  for (const { streams, clock } of opened.splice(0))
    await (clock === undefined ? streams.close() : clock.advanceUntil(streams.close()));
});

async function open(clock?: VirtualClock): Promise<Streams> {
  const time = clock === undefined ? {} : { clock };
  const streams = await createStreams({ adapter: createMemory(time), topics: [orders], ...time });
  opened.push({ streams, clock });
  return streams;
}

it('finds an event by the parts that matter', async () => {
  const streams = await open();
  await streams.producer(orders).send({ ...placed('1', 7), headers: { tenant: 'a-9' } });
  const recorded = record(streams, orders);
  await expect(recorded).toHaveReceived({ type: 'placed', data: { version: 7 } });
  await expect(recorded).toHaveReceived({ key: '1', data: { version: expect.any(Number) } });
  await expect(recorded).toHaveReceived({ headers: { tenant: /^a-/ } });
  await expect(recorded).toHaveReceived((event) => event.type === 'placed' && event.data.version > 6);
  await expect(recorded).not.toHaveReceived({ type: 'paid' });
  await expect(recorded).not.toHaveReceived({ type: 'placed', data: { version: 8 } });
});

it('waits for an event that is still to come', async () => {
  const streams = await open();
  const recorded = record(streams, orders);
  const expecting = expect(recorded).toHaveReceived({ key: '2' });
  await streams.producer(orders).send(placed('1', 1));
  await recorded.events();
  await streams.producer(orders).send(placed('2', 1));
  await expecting;
});

it('says what is there when nothing is as expected', async () => {
  const streams = await open();
  await streams.producer(orders).send(placed('1', 7));
  const recorded = record(streams, orders, { within: 0 });
  await expect(expect(recorded).toHaveReceived({ key: '2' })).rejects.toThrow(
    /^orders has not received \{ key: '2' \}\nIt has 1 event:\n[^]*version: 7/,
  );
  await expect(expect(recorded).not.toHaveReceived({ key: '1' })).rejects.toThrow('orders has received');
  await expect(expect(recorded).toHaveDeadLettered('billing')).rejects.toThrow('It has no dead letter');
});

it('waits on a virtual clock for what retries bring, and moves it no further', async () => {
  const clock = createVirtualClock();
  const streams = await open(clock);
  const recorded = record(streams, orders, { clock });
  const producer = streams.producer(orders);
  const retry = { attempts: 4, backoff: { initial: '10s', jitter: 'none' } } as const;
  void streams.consumer(orders, { group: 'billing', retry }).run(async ({ type, key }, { attempt }) => {
    if (type === 'paid') return;
    if (key === 'bad') throw new Error('the bank refuses');
    if (attempt < 3) throw new Error('the bank is down');
    await producer.send({ type: 'paid', data: { id: key ?? '' } });
  });
  await clock.advanceUntil(producer.sendBatch([placed('good', 1), placed('bad', 1)]));
  await expect(recorded).not.toHaveDeadLettered('billing');
  await expect(recorded).toHaveReceived({ type: 'paid', data: { id: 'good' } });
  expect(clock.monotonic()).toBeGreaterThanOrEqual(30_000);
  expect(clock.monotonic()).toBeLessThan(70_000);
  await expect(recorded).toHaveDeadLettered('billing', {
    eventType: 'placed',
    attempts: 4,
    error: { code: 'handler-failed', message: /refuses/ },
  });
  await expect(recorded).not.toHaveDeadLettered('billing', { key: 'good' });
});

it('gives up on a virtual clock at its bound', async () => {
  const clock = createVirtualClock();
  const recorded = record(await open(clock), orders, { clock, within: '1m' });
  const tick = (): void => void clock.timer(1_000, tick);
  tick();
  await expect(expect(recorded).toHaveReceived({ key: 'never' })).rejects.toThrow('orders has not received');
  expect(clock.monotonic()).toBe(60_000);
});

it('begins where it is told', async () => {
  const clock = createVirtualClock();
  const streams = await open(clock);
  const send = (id: string): Promise<unknown> => clock.advanceUntil(streams.producer(orders).send(placed(id, 1)));
  await send('before');
  await clock.advance(1_000);
  const recorded = record(streams, orders, { clock, from: new Date(clock.now()) });
  await send('after');
  await expect(recorded).toHaveReceived({ key: 'after' });
  await expect(recorded).not.toHaveReceived({ key: 'before' });
});

it('sees whether the events of each key are in order', async () => {
  const streams = await open();
  const recorded = record(streams, orders);
  await streams.producer(orders).sendBatch([placed('a', 1), placed('b', 5), placed('a', 2), placed('b', 6)]);
  const version = (event: { readonly data: object }): number =>
    'version' in event.data && typeof event.data.version === 'number' ? event.data.version : -1;
  await expect(recorded).toBeInOrder(version);
  await streams.producer(orders).send(placed('a', 2));
  await expect(recorded).not.toBeInOrder(version);
  await expect(expect(recorded).toBeInOrder(version)).rejects.toThrow('of key a, 2 is followed by 2');
});

it('proves no order by events that are all of different keys, or of none', async () => {
  const rank = (event: { readonly at: number }): number => event.at;
  const seen = [
    { key: 'a', at: 2 },
    { key: 'b', at: 1 },
    { key: null, at: 9 },
    { key: null, at: 3 },
  ];
  await expect(expect(seen).toBeInOrder(rank)).rejects.toThrow('no key has two events among 4');
  await expect([...seen, { key: 'b', at: 2 }]).toBeInOrder(rank);
});

it('is for node:test as functions', async () => {
  const file = fileURLToPath(new URL('./fixtures/service.node-test.js', import.meta.url));
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const { stdout } = await promisify(execFile)(process.execPath, ['--test', '--test-reporter=tap', file], { env });
  expect(stdout).toMatch(/^# pass 2$/m);
  expect(stdout).toMatch(/^# fail 0$/m);
});
