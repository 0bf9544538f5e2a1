import {
  createStreams,
  type DataCodec,
  type DeadLetter,
  defineTopic,
  plain,
  type PlainOptions,
  StreamError,
} from '@isostream/core';
import { describe, expect, it } from 'vitest';
import { createMemory, createVirtualClock } from './support/open.ts';

const schema = { '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) } } as const;
const raw = defineTopic('orders', { raw: true, partitions: 1 });
const topicWith = (options: PlainOptions, codec?: DataCodec) =>
  defineTopic('orders', {
    events: { placed: schema, paid: schema },
    key: () => 'k',
    partitions: 1,
    format: plain(options),
    ...(codec === undefined ? {} : { codec }),
  });

describe.each(['bytes', 'none'] as const)('plain events (headers: %s)', (headers) => {
  it('reads what another program wrote, and writes what it can read', async () => {
    const topic = topicWith({ type: { field: 'kind' }, id: ({ data }) => JSON.stringify(data), time: { field: 'at' } });
    await using streams = await createStreams({ adapter: createMemory({ headers }), topics: [topic] });
    await streams.producer(raw).send({ key: 'foreign', value: Buffer.from('{"kind":"paid","at":5}') });
    await streams.producer(topic).send({ type: 'placed', data: { kind: 'placed', at: '2026-01-02T03:04:05Z' } });
    const seen: unknown[] = [];
    await streams.replay(topic, { from: 'earliest' }).run((event) => void seen.push(event));
    expect(seen).toMatchObject([
      { type: 'paid', key: 'foreign', id: '{"kind":"paid","at":5}', time: new Date(5), source: 'orders' },
      { type: 'placed', key: 'k', time: new Date('2026-01-02T03:04:05Z'), data: { kind: 'placed' } },
    ]);
    const bare: string[] = [];
    await streams.replay(raw, { from: 'earliest' }).run(({ value }) => void bare.push(String(value)));
    expect(bare[1]).toBe('{"kind":"placed","at":"2026-01-02T03:04:05Z"}');
  });

  it('gives an event without an id the same one each time', async () => {
    const topic = topicWith({ type: 'placed' });
    await using streams = await createStreams({ adapter: createMemory({ headers }), topics: [topic] });
    await streams.producer(topic).send({ type: 'placed', data: 1 });
    const ids: string[] = [];
    for (let run = 0; run < 2; run++)
      await streams.replay(topic, { from: 'earliest' }).run(({ id }) => void ids.push(id));
    expect(ids[0]).toMatch(/^orders\/.+\/.+$/);
    expect(ids[1]).toBe(ids[0]);
  });

  it.each([
    [{ id: 'e1' }, 'this id'],
    [{ time: new Date(1) }, 'this time'],
    [{ source: 'shop' }, 'source'],
    [{ subject: 'o-1' }, 'subject'],
    [{ dataSchema: 'urn:a' }, 'dataSchema'],
    [{ extensions: { a: 'b' } }, 'extensions'],
    [{ type: 'paid' as const }, 'type "paid"'],
  ])('refuses %j, which the payload has no place for', async (more, named) => {
    const topic = topicWith({ type: 'placed' });
    await using streams = await createStreams({ adapter: createMemory({ headers }), topics: [topic] });
    await expect(streams.producer(topic).send({ type: 'placed', data: 1, ...more })).rejects.toMatchObject({
      code: 'invalid-event',
      message: expect.stringContaining(named),
    });
  });

  it('refuses a header that would stand beside that of an attribute', async () => {
    const topic = topicWith({ type: { header: 'kind' } });
    await using streams = await createStreams({ adapter: createMemory({ headers }), topics: [topic] });
    const sending = streams.producer(topic).send({ type: 'placed', data: 1, headers: { kind: 'paid' } });
    await expect(sending).rejects.toMatchObject({ code: 'invalid-header' });
  });

  it('makes a letter of an event without a type, and obeys onUnknownType for one of another type', async () => {
    const topic = topicWith({ type: { field: 'kind' } });
    await using streams = await createStreams({ adapter: createMemory({ headers }), topics: [topic] });
    for (const text of ['{"kind":"other"}', '{}', '{"kind":"paid"}'])
      await streams.producer(raw).send({ key: null, value: Buffer.from(text) });
    const seen: string[] = [];
    const consumer = streams.consumer(topic, { group: 'g', onUnknownType: 'skip' });
    const running = consumer.run(({ type }) => void seen.push(type));
    await expect.poll(() => seen).toEqual(['paid']);
    const letters: DeadLetter[] = [];
    await expect
      .poll(async () => {
        letters.length = 0;
        for await (const letter of streams.deadLetters(topic, { group: 'g' })) letters.push(letter);
        return letters.map(({ error }) => error.message);
      })
      .toEqual([expect.stringContaining('has no field "kind"')]);
    await consumer.close();
    await running;
  });
});

it.each([
  [{ type: '' }],
  [{ type: { header: 'content-type' } }],
  [{ type: { header: 'isostream-type' } }],
  [{ type: { header: 'a', field: 'b' } }],
  [{ type: { field: '' } }],
  [{ type: 'placed', id: 'id' as never }],
  [{ type: 'unheard-of' }],
])('refuses a plain format of %j', (options) => {
  expect(() => topicWith(options as PlainOptions)).toThrow(expect.objectContaining({ code: 'invalid-config' }));
});

const failing = (error: Error): DataCodec => ({
  name: 'odd',
  contentTypes: ['application/x-odd'],
  encode: () => ({ bytes: Buffer.from([1]), contentType: 'application/x-odd' }),
  decode() {
    throw error;
  },
});

it('ends the consumer, and loses nothing, where its codec is not let in', async () => {
  const refused = new StreamError('unauthorized', 'no access to the registry', { where: 'codec' });
  const topic = topicWith({ type: 'placed' }, failing(refused));
  await using streams = await createStreams({ adapter: createMemory(), topics: [topic] });
  await streams.producer(topic).send({ type: 'placed', data: 1 });
  const consumer = streams.consumer(topic, { group: 'g' });
  await expect(consumer.run(() => undefined)).rejects.toBe(refused);
  for await (const letter of streams.deadLetters(topic, { group: 'g' })) expect(letter).toBeUndefined();
});

it('takes a codec that never answers for one that is away', async () => {
  const clock = createVirtualClock();
  let asked = 0;
  const silent: DataCodec = {
    ...failing(new Error('unused')),
    decode: (_, { type }) => (++asked < 8 ? new Promise(() => undefined) : Promise.resolve(type)),
  };
  const topic = topicWith({ type: 'placed' }, silent);
  await using streams = await createStreams({ adapter: createMemory({ clock }), topics: [topic], clock });
  const sending = streams.producer(topic).send({ type: 'placed', data: 1 });
  await clock.advance(0);
  await sending;
  const attempts: number[] = [];
  const consumer = streams.consumer(topic, { group: 'g', retry: { attempts: 2 }, handlerTimeout: '1s' });
  const running = consumer.run((_, { attempt }) => void attempts.push(attempt));
  await clock.advance(120_000);
  expect(asked).toBe(8);
  expect(attempts).toEqual([1]);
  const closing = consumer.close();
  await clock.advance(1_000);
  await closing;
  await running;
  const closed = streams.close();
  await clock.advance(1_000);
  await closed;
});

it('fails a send with the error of a codec that is away beyond its deadline, and nothing before', async () => {
  const clock = createVirtualClock();
  const away: DataCodec = {
    ...failing(new Error('unused')),
    encode: () => () => Promise.reject(new StreamError('unavailable', 'the registry is away', { where: 'codec' })),
  };
  const topic = topicWith({ type: 'placed' }, away);
  await using streams = await createStreams({ adapter: createMemory({ clock }), topics: [topic], clock });
  let result: unknown = 'none';
  const sending = streams
    .producer(topic, { deliveryTimeout: '30s' })
    .send({ type: 'placed', data: 1 })
    .catch((error: unknown) => (result = error));
  await clock.advance(29_000);
  expect(result).toBe('none');
  await clock.advance(2_000);
  await sending;
  expect(result).toMatchObject({ code: 'timeout', outcome: 'not-written' });
});
