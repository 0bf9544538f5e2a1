import {
  createStreams,
  defineTopic,
  type DeadLetter,
  NonRetryableError,
  type Streams,
  type Topic,
} from '@isostream/core';
import { describe, expect, it } from 'vitest';
import { createMemory } from './support/open.ts';

const orders = defineTopic('orders', { raw: true, partitions: 1 });
const letters = defineTopic('orders.billing.dlq', { raw: true });
const group = 'billing';

describe.each(['bytes', 'none'] as const)('marks that an event brings along (headers: %s)', (headers) => {
  it.each([
    ['isostream-redrives', '-5'],
    ['isostream-redrives', 'NaN'],
    ['isostream-redrives', '1e999'],
    ['isostream-redrives', '999999999999'],
    ['isostream-redriven-from', '0/0'],
    ['isostream-redriven-from', '/'.repeat(5_000)],
    ['isostream-redriven', '0/0'],
    ['isostream-topic', 'payroll'],
    ['isostream-kept-topic', 'payroll'],
  ])('count for nothing: %s: %s', async (name, value) => {
    await using streams = await open(headers);
    await streams.producer(orders).send({
      key: 'k',
      value: Buffer.from('v'),
      headers: [
        [name, value],
        [name, value],
      ],
    });

    await using poison = failing(streams);
    for (let redrives = 0; redrives < 3; redrives++) {
      await expect.poll(() => list(streams)).toMatchObject([{ redrives, origin: { topic: 'orders' } }]);
      expect(await streams.redrive(orders, { group })).toMatchObject({ redriven: 1, looping: 0 });
      await expect.poll(() => poison.seen.length).toBe(redrives + 2);
    }
    await expect.poll(() => list(streams)).toMatchObject([{ redrives: 3 }]);
    expect(await streams.redrive(orders, { group })).toMatchObject({ redriven: 0, looping: 1 });
    const own = poison.seen.at(-1)?.filter((header) => header !== 'isostream-redriven-from');
    expect(own).toEqual(name === 'isostream-redriven-from' ? [] : [name, name]);
  });

  it('hide no letter, also where they are written to the dead-letter topic itself', async () => {
    await using streams = await open(headers);
    await streams.producer(orders).send({ key: 'k', value: Buffer.from('v') });
    {
      await using poison = failing(streams);
      await expect.poll(() => poison.seen.length).toBe(1);
      await expect.poll(() => list(streams)).toHaveLength(1);
    }
    const [letter] = await list(streams);
    for (const digest of [undefined, '', 'of-another-event'])
      await streams.producer(letters).send({
        key: 'k',
        value: null,
        headers: [
          ['isostream-redriven', letter?.id ?? ''],
          ['isostream-redrives', '7'],
          ...(digest === undefined ? [] : ([['isostream-digest', digest]] as const)),
        ],
      });
    expect(await list(streams)).toEqual([letter]);
  });
});

it('a group sees no letters of another topic whose dead-letter topic has the same name', async () => {
  const [long, short] = ['orders.eu', 'orders'].map((name) => defineTopic(name, { raw: true, partitions: 1 }));
  if (long === undefined || short === undefined) throw new Error('two topics');
  await using streams = await createStreams({ adapter: createMemory(), topics: [long, short] });
  await streams.producer(long).send({ key: 'k', value: Buffer.from('v') });
  await using poison = failing(streams, long, 'billing');
  await expect.poll(() => poison.seen.length).toBe(1);
  await expect.poll(() => list(streams, long, 'billing')).toHaveLength(1);

  expect(await list(streams, short, 'eu.billing')).toEqual([]);
  expect(await streams.redrive(short, { group: 'eu.billing' })).toMatchObject({ redriven: 0 });
});

function open(headers: 'bytes' | 'none'): Promise<Streams> {
  return createStreams({ adapter: createMemory({ headers }), topics: [orders] });
}

async function list(streams: Streams, topic: Topic = orders, of: string = group): Promise<DeadLetter[]> {
  const found: DeadLetter[] = [];
  for await (const letter of streams.deadLetters(topic, { group: of })) found.push(letter);
  return found;
}

/** A consumer whose handler fails for everything; `seen` has the names of the headers of each event. */
function failing(
  streams: Streams,
  topic = orders,
  of: string = group,
): AsyncDisposable & { readonly seen: readonly string[][] } {
  const seen: string[][] = [];
  const consumer = streams.consumer(topic, { group: of });
  const running = consumer.run((event) => {
    seen.push(event.headers.map(([name]) => name));
    throw new NonRetryableError('poison');
  });
  return {
    seen,
    async [Symbol.asyncDispose]() {
      await consumer.close();
      await running;
    },
  };
}

it('topics and groups that others named have dead letters under a name that can be', async () => {
  const heartbeat = defineTopic('__debezium-heartbeat.inventory', { raw: true, partitions: 1 });
  await using streams = await createStreams({ adapter: createMemory(), topics: [heartbeat] });
  await streams.producer(heartbeat).send({ key: 'k', value: Buffer.from('v') });
  const groups = ['orders:billing', 'orders/billing', 'the group', 'Größe', `${'g'.repeat(240)}:`];
  for (const name of groups) {
    await using poison = failing(streams, heartbeat, name);
    await expect.poll(() => list(streams, heartbeat, name)).toMatchObject([{ group: name }]);
    expect(poison.seen).toHaveLength(1);
  }
  const topics = await streams.admin.topics();
  expect(topics).toHaveLength(groups.length + 1);
  for (const topic of topics) expect(topic).toMatch(/^[\w.-]{3,128}$/);
  expect((await streams.admin.groups(heartbeat)).toSorted()).toEqual(groups.toSorted());
});

it('a typed topic takes over a group that is there, and no new one that not every provider could have', async () => {
  const validate = (value: unknown): { value: unknown } => ({ value });
  const schema = { '~standard': { version: 1, vendor: 'test', validate } } as const;
  const typed = defineTopic('orders', { events: { placed: schema }, key: () => 'k', partitions: 1 });
  await using streams = await createStreams({ adapter: createMemory(), topics: [typed] });
  const refused = streams.consumer(typed, { group: 'orders:billing' }).run(() => undefined);
  await expect(refused).rejects.toMatchObject({ code: 'invalid-config', message: expect.stringContaining('exists') });

  const earlier = streams.consumer(orders, { group: 'orders:billing' });
  const running = earlier.run(() => undefined);
  await expect.poll(() => streams.admin.groups(typed)).toEqual(['orders:billing']);
  await earlier.close();
  await running;
  await streams.producer(typed).send({ type: 'placed', data: 1 });
  const seen: unknown[] = [];
  const taking = streams.consumer(typed, { group: 'orders:billing' });
  const taken = taking.run((event) => void seen.push(event.data));
  await expect.poll(() => seen).toEqual([1]);
  await taking.close();
  await taken;
});
