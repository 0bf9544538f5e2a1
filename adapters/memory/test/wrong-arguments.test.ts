import { createStreams, defineTopic, StreamError, type Streams } from '@isostream/core';
import { describe, expect, it } from 'vitest';
import { createMemory } from './support/open.ts';

const schema = { '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) } } as const;
const orders = defineTopic('orders', { events: { placed: schema }, key: () => 'k', partitions: 1 });
const bytes = defineTopic('bytes', { raw: true, partitions: 1 });

/** Hands over what the types would not let through, as a program in JavaScript can. */
type Untyped = (...given: readonly unknown[]) => unknown;
function untyped(owner: object, name: string): Untyped {
  const method: unknown = Reflect.get(owner, name);
  if (typeof method !== 'function') throw new Error(`no function ${name}`);
  return (...given) => Reflect.apply(method, owner, given) as unknown;
}

async function failure(call: () => unknown): Promise<unknown> {
  try {
    const result = await call();
    if (typeof result === 'object' && result !== null && Symbol.asyncIterator in result)
      for await (const _ of result as AsyncIterable<unknown>) break;
  } catch (error) {
    return error;
  }
  return undefined;
}

const nothings = [undefined, null, 7, 'text', []];

describe('defineTopic', () => {
  const define = untyped({ defineTopic }, 'defineTopic');
  it.each<[string, unknown, RegExp]>([
    ['no options', undefined, /object of events/],
    ['nothing at all', {}, /declares no events/],
    ['a list for events', { events: [schema], key: null }, /declares no events/],
    ['an unknown option', { events: { placed: schema }, key: null, replicas: 3 }, /unknown option replicas/],
    ['a number for replication', { raw: true, replication: 3 }, /replication.*factor/],
    ['replication without a factor', { raw: true, replication: {} }, /replication.factor/],
    ['an unknown part of replication', { raw: true, replication: { factor: 3, min: 2 } }, /replication.min/],
    ['a function for a schema', { events: { placed: () => true }, key: null }, /Standard Schema/],
    ['text for a schema', { events: { placed: 'string' }, key: null }, /Standard Schema/],
    ['null for a schema', { events: { placed: null }, key: null }, /Standard Schema/],
    ['an event type without a name', { events: { '': schema }, key: null }, /event type/],
    ['no key', { events: { placed: schema } }, /key: null/],
    ['text for a key', { events: { placed: schema }, key: 'id' }, /key is "id".*function/],
    ['raw that is not true', { raw: 'yes' }, /raw is "yes".*true/],
    ['raw and events', { raw: true, events: { placed: schema } }, /unknown option events/],
    ['half a partition', { raw: true, partitions: 1.5 }, /partitions is 1.5/],
    ['text for partitions', { raw: true, partitions: '12' }, /partitions is "12"/],
    ['a retention that is none', { raw: true, retention: 'long' }, /retention is "long"/],
    ['an unknown part of retention', { raw: true, retention: { times: '7d' } }, /retention.times/],
    ['null for retention', { raw: true, retention: null }, /retention/],
    ['text for compaction', { raw: true, compaction: 'yes' }, /compaction is "yes"/],
    ['a size that is none', { raw: true, maxEventBytes: 'big' }, /maxEventBytes is "big"/],
  ])('refuses %s', (_, options, message) => {
    expect(() => define('orders', options)).toThrow(expect.objectContaining({ code: 'invalid-config' }));
    expect(() => define('orders', options)).toThrow(message);
  });

  it.each([undefined, null, 7, [], '', 'a b', 'x'.repeat(300)])('refuses the name %s', (name) => {
    expect(() => define(name, { raw: true })).toThrow(expect.objectContaining({ code: 'invalid-config' }));
  });
});

describe('a client', () => {
  it.each<[string, (adapter: object) => unknown]>([
    ['nothing', () => undefined],
    ['no topics', (adapter) => ({ adapter })],
    ['a name for a topic', (adapter) => ({ adapter, topics: ['orders'] })],
    ['nothing for a topic', (adapter) => ({ adapter, topics: [undefined] })],
    ['two declarations of a topic', (adapter) => ({ adapter, topics: [orders, defineTopic('orders', { raw: true })] })],
    ['no adapter', () => ({ topics: [] })],
    ['text for an adapter', () => ({ adapter: 'kafka', topics: [] })],
    ['an unknown option', (adapter) => ({ adapter, topics: [], group: 'g' })],
    ['an unknown topology', (adapter) => ({ adapter, topics: [], topology: 'create' })],
    ['an unknown consent', (adapter) => ({ adapter, topics: [], consent: ['all'] })],
    ['a number for a source', (adapter) => ({ adapter, topics: [], source: 7 })],
    ['null for a clock', (adapter) => ({ adapter, topics: [], clock: null })],
    ['a number for random', (adapter) => ({ adapter, topics: [], random: 0.5 })],
  ])('is refused for %s', async (_, options) => {
    const create = untyped({ createStreams }, 'createStreams');
    expect(await failure(() => create(options(createMemory())))).toMatchObject({ code: 'invalid-config' });
  });

  const calls: readonly (readonly [string, string, (streams: Streams) => unknown])[] = [
    ...nothings.flatMap((nothing): [string, string, (streams: Streams) => unknown][] => [
      [`producer(${String(nothing)})`, 'invalid-config', (streams) => untyped(streams, 'producer')(nothing)],
      [
        `consumer(${String(nothing)})`,
        'invalid-config',
        (streams) => untyped(streams, 'consumer')(nothing, { group: 'g' }),
      ],
      [
        `replay(${String(nothing)})`,
        'invalid-config',
        (streams) => untyped(streams, 'replay')(nothing, { from: 'earliest' }),
      ],
      [
        `redrive(${String(nothing)})`,
        'invalid-config',
        (streams) => untyped(streams, 'redrive')(nothing, { group: 'g' }),
      ],
      [
        `deadLetters(${String(nothing)})`,
        'invalid-config',
        (streams) => untyped(streams, 'deadLetters')(nothing, { group: 'g' }),
      ],
      [
        `consumer(topic, ${String(nothing)})`,
        'invalid-config',
        (streams) => untyped(streams, 'consumer')(orders, nothing),
      ],
      [`replay(topic, ${String(nothing)})`, 'invalid-config', (streams) => untyped(streams, 'replay')(orders, nothing)],
      [
        `redrive(topic, ${String(nothing)})`,
        'invalid-config',
        (streams) => untyped(streams, 'redrive')(orders, nothing),
      ],
      [
        `deadLetters(topic, ${String(nothing)})`,
        'invalid-config',
        (streams) => untyped(streams, 'deadLetters')(orders, nothing),
      ],
      [`admin.ensure(${String(nothing)})`, 'invalid-config', (streams) => untyped(streams.admin, 'ensure')(nothing)],
      [
        `admin.validate(${String(nothing)})`,
        'invalid-config',
        (streams) => untyped(streams.admin, 'validate')(nothing),
      ],
      [`run(${String(nothing)})`, 'invalid-config', (streams) => untyped(consumer(streams), 'run')(nothing)],
      [`runBatch(${String(nothing)})`, 'invalid-config', (streams) => untyped(consumer(streams), 'runBatch')(nothing)],
      [
        `runBatch(${String(nothing)}, {})`,
        'invalid-config',
        (streams) => untyped(consumer(streams), 'runBatch')(nothing, {}),
      ],
      [
        `replay.run(${String(nothing)})`,
        'invalid-config',
        (streams) => untyped(streams.replay(orders, { from: 'earliest' }), 'run')(nothing),
      ],
      [`send(${String(nothing)})`, 'invalid-event', (streams) => untyped(streams.producer(orders), 'send')(nothing)],
      [
        `send(${String(nothing)}) of bytes`,
        'invalid-event',
        (streams) => untyped(streams.producer(bytes), 'send')(nothing),
      ],
    ]),
    ...[undefined, null, 7, 'text', { type: 'placed', data: 1 }].map(
      (nothing): [string, string, (streams: Streams) => unknown] => [
        `sendBatch(${JSON.stringify(nothing)})`,
        'invalid-config',
        (streams) => untyped(streams.producer(orders), 'sendBatch')(nothing),
      ],
    ),
    [
      'runBatch(options, handler)',
      'invalid-config',
      (streams) => untyped(consumer(streams), 'runBatch')({}, () => undefined),
    ],
    [
      'run with an unknown type',
      'invalid-config',
      (streams) => untyped(consumer(streams), 'run')({ placed: () => undefined, shipped: () => undefined }),
    ],
    [
      'run with an unknown option',
      'invalid-config',
      (streams) => untyped(consumer(streams), 'run')(() => undefined, { signall: 1 }),
    ],
    [
      'run with a signal that is none',
      'invalid-config',
      (streams) => untyped(consumer(streams), 'run')(() => undefined, { signal: 1 }),
    ],
    [
      'stream with an unknown option',
      'invalid-config',
      (streams) => untyped(consumer(streams), 'stream')({ maxEvents: 1 }),
    ],
    [
      'close with an unknown option',
      'invalid-config',
      (streams) => untyped(consumer(streams), 'close')({ timeout: 1 }),
    ],
    [
      'close of the client with an unknown option',
      'invalid-config',
      (streams) => untyped(streams, 'close')({ timeout: 1 }),
    ],
    [
      'redrive with a limit that is none',
      'invalid-config',
      (streams) => untyped(streams, 'redrive')(orders, { group: 'g', maxRedrives: 'many' }),
    ],
    [
      'redrive with an object for where',
      'invalid-config',
      (streams) => untyped(streams, 'redrive')(orders, { group: 'g', where: { key: 'k' } }),
    ],
    ['redrive without a group', 'invalid-config', (streams) => untyped(streams, 'redrive')(orders, {})],
    ['deadLetters without a group', 'invalid-config', (streams) => untyped(streams, 'deadLetters')(orders, {})],
    ['admin.lag without a group', 'invalid-config', (streams) => untyped(streams.admin, 'lag')(orders)],
    ['admin.groups of nothing', 'invalid-config', (streams) => untyped(streams.admin, 'groups')(undefined)],
    ['admin.delete of nothing', 'invalid-config', (streams) => untyped(streams.admin, 'delete')('')],
    [
      'admin.ensure with an unknown option',
      'invalid-config',
      (streams) => untyped(streams.admin, 'ensure')(orders, { consents: [] }),
    ],
    [
      'an event with an unknown field',
      'invalid-event',
      (streams) => untyped(streams.producer(orders), 'send')({ type: 'placed', data: 1, header: {} }),
    ],
    [
      'an event with the key of another',
      'invalid-key',
      (streams) => untyped(streams.producer(orders), 'send')({ type: 'placed', data: 1, key: 'z' }),
    ],
    [
      'bytes with an unknown field',
      'invalid-event',
      (streams) => untyped(streams.producer(bytes), 'send')({ key: 'k', value: null, header: [] }),
    ],
    [
      'bytes with headers that are no list',
      'invalid-header',
      (streams) => untyped(streams.producer(bytes), 'send')({ key: 'k', value: null, headers: { a: 'x' } }),
    ],
    [
      'bytes with a time that is none',
      'invalid-event',
      (streams) => untyped(streams.producer(bytes), 'send')({ key: 'k', value: null, time: 7 }),
    ],
  ];

  it.each(calls)('refuses %s', async (_, code, call) => {
    await using streams = await createStreams({ adapter: createMemory(), topics: [orders, bytes] });
    const error = await failure(() => call(streams));
    expect(StreamError.is(error)).toBe(true);
    expect(error).toMatchObject({ code, message: expect.stringMatching(/ (?:Give|Known|Valid|Leave|Its types)/) });
  });

  it('takes an event that was received as one to send', async () => {
    await using streams = await createStreams({ adapter: createMemory(), topics: [orders, bytes] });
    await streams
      .producer(orders)
      .send({ type: 'placed', data: 1, headers: { a: 'x' }, extensions: { tenant: 'blue' } });
    await streams.replay(orders, { from: 'earliest' }).run((event) => streams.producer(orders).send(event));
    await streams.producer(bytes).send({ key: 'k', value: Buffer.from('v') });
    await streams
      .replay(bytes, { from: 'earliest' })
      .run(({ key, value, headers }) => streams.producer(bytes).send({ key, value, headers }));
    expect(await streams.replay(orders, { from: 'earliest' }).run(() => undefined)).toEqual({ events: 2 });
  });
});

it('a consumer without options is told that it needs a group', async () => {
  const streams = await createStreams({ adapter: createMemory(), topics: [orders] });
  expect(() => untyped(streams, 'consumer')(orders)).toThrow("such as { group: 'billing' }");
  await streams.close();
});

function consumer(streams: Streams): object {
  return streams.consumer(orders, { group: 'g' });
}
