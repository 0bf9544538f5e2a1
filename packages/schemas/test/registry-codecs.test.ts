import { createStreams, type DataCodec, defineTopic, plain } from '@isostream/core';
import { createMemory } from '@isostream/memory';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { avro } from '../src/codecs/avro.ts';
import { jsonSchema } from '../src/codecs/json-schema.ts';
import { protobuf } from '../src/codecs/protobuf.ts';
import { confluentRegistry, type SchemaRegistry } from '../src/registries/confluent.ts';
import { message } from './support/proto-files.ts';
import { Registry } from './support/registry.ts';

const anything = { '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) } } as const;
const placed = {
  type: 'record',
  name: 'Placed',
  fields: [
    { name: 'orderId', type: 'string' },
    { name: 'total', type: 'long' },
  ],
};
const about = { topic: 'orders', type: 'placed' };
const stored = { ...about, contentType: undefined, headers: [] };

const server = { registry: new Registry(), url: '' };
beforeEach(async () => {
  server.registry = new Registry();
  server.url = await server.registry.listen();
});
afterEach(() => server.registry.close());

async function encoded(codec: DataCodec, data: unknown): Promise<Uint8Array> {
  const answer = codec.encode(data, about);
  return (typeof answer === 'function' ? await answer() : answer).bytes;
}

const withRegistry = (schema: unknown, more: object = {}): DataCodec =>
  avro({ schemas: { placed: schema }, registry: confluentRegistry({ url: server.url, ...more }) });

describe('avro with a registry', () => {
  it('puts the id in front, asks once, and reads with the schema of the writer', async () => {
    const codec = withRegistry(placed);
    const bytes = await encoded(codec, { orderId: 'a', total: 7 });
    expect(Buffer.from(bytes).toString('hex')).toBe('000000000102610e');
    await encoded(codec, { orderId: 'b', total: 8 });
    expect(server.registry.requests).toEqual(['POST /subjects/orders-value/versions']);

    const newer = { ...placed, fields: [...placed.fields, { name: 'note', type: 'string', default: 'none' }] };
    const reader = withRegistry(newer);
    expect(await reader.decode(bytes, stored)).toEqual({ orderId: 'a', total: 7, note: 'none' });
    expect(reader.decode(bytes, stored)).toEqual({ orderId: 'a', total: 7, note: 'none' });
    expect(server.registry.requests).toHaveLength(2);
  });

  it('takes bytes while the schema is asked for as it does afterwards, and holds what they were', async () => {
    const codec = withRegistry({ type: 'record', name: 'Placed', fields: [{ name: 'blob', type: 'bytes' }] });
    const blob = Buffer.from('x');
    const waiting = encoded(codec, { blob });
    blob.fill('y');
    const [first, second] = [await waiting, await encoded(codec, { blob: Buffer.from('x') })];
    expect(Buffer.from(first).toString('hex')).toBe('00000000010278');
    expect(first).toEqual(second);
  });

  it('reads a bare payload whose schema a header names by its GUID', async () => {
    const codec = withRegistry(placed);
    const bytes = await encoded(codec, { orderId: 'a', total: 7 });
    const guid = Buffer.concat([Buffer.from([1]), Buffer.alloc(15), Buffer.from([1])]);
    const headers = [['__value_schema_id', guid] as const];
    expect(await codec.decode(bytes.subarray(5), { ...stored, headers })).toEqual({ orderId: 'a', total: 7 });
  });

  it.each([
    ['no id', Buffer.from('{"a":1}'), 'does not begin with the id of a schema'],
    ['bytes behind the end', Buffer.from('000000000102610eff', 'hex'), 'trailing data'],
    ['too few bytes', Buffer.from('00000000010261', 'hex'), 'truncated'],
    ['an id that does not exist', Buffer.from('000000006302610e', 'hex'), 'Schema not found'],
  ])('refuses %s', async (_, bytes, problem) => {
    const codec = withRegistry(placed);
    await encoded(codec, { orderId: 'a', total: 7 });
    await expect((async () => codec.decode(bytes, stored))()).rejects.toThrow(problem);
  });

  it('names a subject as it was told', async () => {
    for (const subject of ['record', 'topic-record', () => 'mine'] as const)
      await encoded(withRegistry(placed, { subject }), { orderId: 'a', total: 7 });
    expect(server.registry.requests).toEqual(
      ['Placed', 'orders-Placed', 'mine'].map((name) => `POST /subjects/${name}/versions`),
    );
  });

  it('refuses numbers that a double cannot hold, and takes them as bigints', async () => {
    await expect(encoded(withRegistry(placed), { orderId: 'a', total: 2 ** 60 })).rejects.toThrow('long');
    const registry = confluentRegistry({ url: server.url });
    const codec = avro({ schemas: { placed }, registry, longs: 'bigint' });
    const bytes = await encoded(codec, { orderId: 'a', total: 2n ** 60n });
    expect(await codec.decode(bytes, stored)).toEqual({ orderId: 'a', total: 2n ** 60n });
    expect(() => avro({ schemas: { placed } }).decode(bytes.subarray(5), stored)).toThrow("longs: 'bigint'");
  });

  it.each([
    [401, 'unauthenticated', false],
    [403, 'unauthorized', false],
    [404, 'invalid-config', false],
    [409, 'conflict', false],
    [422, 'invalid-config', false],
    [429, 'throttled', true],
    [503, 'unavailable', true],
  ])('says of an answer with %i that it is %s', async (status, code, retryable) => {
    server.registry.status = status;
    await expect(encoded(withRegistry(placed), { orderId: 'a', total: 7 })).rejects.toMatchObject({ code, retryable });
  });
});

it('writes JSON behind the id of its schema', async () => {
  const registry = confluentRegistry({ url: server.url });
  const codec = jsonSchema({ schemas: { placed: { type: 'object' } }, registry });
  const bytes = await encoded(codec, { orderId: 'a' });
  expect(Buffer.from(bytes).toString('latin1')).toBe('\u0000\u0000\u0000\u0000\u0001{"orderId":"a"}');
  expect(await codec.decode(bytes, stored)).toEqual({ orderId: 'a' });
  expect(() => codec.decode(Buffer.from('0000000001ff', 'hex'), stored)).toThrow('is not JSON');
});

it.each([
  ['JSON', (registry: SchemaRegistry) => jsonSchema({ schemas: { placed: {} }, registry })],
  ['PROTOBUF', (registry: SchemaRegistry) => protobuf({ messages: { placed: message('shop.Placed') }, registry })],
])('refuses the id of a schema of another kind, as it is written and read: %s', async (type, make) => {
  await encoded(withRegistry(placed), { orderId: 'a', total: 7 });
  const writing = encoded(make(confluentRegistry({ url: server.url, schemas: { ids: { placed: 1 } } })), {});
  await expect(writing).rejects.toMatchObject({
    code: 'invalid-config',
    message: expect.stringContaining('one of AVRO'),
  });
  const reading = async () =>
    make(confluentRegistry({ url: server.url })).decode(Buffer.from('0000000001007b7d', 'hex'), stored);
  await expect(reading()).rejects.toMatchObject({
    code: 'undecodable',
    message: expect.stringContaining(`not of ${type}`),
  });
});

it('refuses a schema of the registry that names types it lacks, as it is written and read', async () => {
  server.registry.texts.push(JSON.stringify({ ...placed, fields: [{ name: 'orderId', type: 'shop.Lost' }] }));
  const codec = withRegistry(placed, { schemas: { ids: { placed: 1 } } });
  const problem = expect.stringContaining('undefined type name: shop.Lost');
  await expect(encoded(codec, {})).rejects.toMatchObject({ code: 'invalid-config', message: problem });
  const reading = async () => codec.decode(Buffer.from('0000000001', 'hex'), stored);
  await expect(reading()).rejects.toMatchObject({ code: 'undecodable', message: problem });
  const own = { ...placed, fields: [{ name: 'orderId', type: 'shop.Lost' }] };
  expect(() => withRegistry(own)).toThrow('schemas.placed is not an Avro schema: undefined type name: shop.Lost');
});

it('writes and reads which message of a Protobuf schema it is, in front or in a header', async () => {
  const registry = confluentRegistry({ url: server.url });
  const codec = protobuf({ messages: { placed: message('shop.Placed') }, registry });
  const bytes = await encoded(codec, { orderId: 'a' });
  // Its file imports another, which is registered first.
  expect(Buffer.from(bytes).toString('hex')).toBe('000000000202020a0161');
  const read = { orderId: 'a', total: 0, sizes: [], parts: {}, photo: new Uint8Array(0) };
  expect(await codec.decode(bytes, stored)).toEqual(read);
  const guid = [1, ...new Uint8Array(15), 2];
  const headers = [['__value_schema_id', Uint8Array.from([...guid, 2, 2])] as const];
  expect(await codec.decode(bytes.subarray(7), { ...stored, headers })).toEqual(read);
  await expect((async () => codec.decode(Buffer.from('0000000002000a0161', 'hex'), stored))()).rejects.toThrow(
    'is a shop.Cancelled, and the topic reads shop.Placed',
  );
  await expect((async () => codec.decode(Buffer.from('000000000202080a0161', 'hex'), stored))()).rejects.toThrow(
    'is message 4 of schema 2, which has none there',
  );
});

/** A topic, and the same as another service has it, whose codec knows no schema yet. */
function inTwoServices() {
  const topic = defineTopic('orders', {
    events: { placed: anything },
    key: () => 'k',
    partitions: 1,
    format: plain({ type: 'placed' }),
    codec: withRegistry(placed),
  });
  const elsewhere = { ...topic, codec: withRegistry(placed) };
  return { topic, elsewhere };
}

it('ends a consumer whose registry has a wrong address, and dead-letters nothing', async () => {
  const { topic, elsewhere } = inTwoServices();
  await using streams = await createStreams({ adapter: createMemory(), topics: [topic] });
  await streams.producer(topic).send({ type: 'placed', data: { orderId: 'a', total: 7 } });
  server.registry.status = 404;
  const seen: unknown[] = [];
  const consumer = streams.consumer(elsewhere, { group: 'g' });
  await expect(consumer.run((event) => void seen.push(event.data))).rejects.toMatchObject({ code: 'invalid-config' });
  server.registry.status = 200;
  const restarted = streams.consumer(elsewhere, { group: 'g' });
  const running = restarted.run((event) => void seen.push(event.data));
  await expect.poll(() => seen).toEqual([{ orderId: 'a', total: 7 }]);
  await restarted.close();
  await running;
});

it('loses nothing and dead-letters nothing while the registry is away, both ways', async () => {
  const { topic, elsewhere } = inTwoServices();
  await using streams = await createStreams({ adapter: createMemory(), topics: [topic] });
  server.registry.status = 503;
  const sending = streams.producer(topic).send({ type: 'placed', data: { orderId: 'a', total: 7 } });
  await expect.poll(() => server.registry.requests.length).toBeGreaterThan(1);
  server.registry.status = 200;
  await sending;

  server.registry.status = 503;
  const before = server.registry.requests.length;
  const seen: unknown[] = [];
  const consumer = streams.consumer(elsewhere, { group: 'g', retry: { attempts: 1, backoff: { initial: 1, max: 2 } } });
  const running = consumer.run((event, { attempt }) => void seen.push([event.data, attempt]));
  await expect.poll(() => server.registry.requests.length).toBeGreaterThan(before + 2);
  server.registry.status = 200;
  await expect.poll(() => seen).toEqual([[{ orderId: 'a', total: 7 }, 1]]);
  await consumer.close();
  await running;
});
