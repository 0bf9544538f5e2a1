import {
  AvroDeserializer,
  AvroSerializer,
  HeaderSchemaIdSerializer,
  JsonDeserializer,
  JsonSerializer,
  ProtobufDeserializer,
  ProtobufSerializer,
  SchemaRegistryClient,
  SerdeType,
  SubjectNameStrategyType,
} from '@confluentinc/schemaregistry';
import { create, createMutableRegistry } from '@bufbuild/protobuf';
import {
  type CodedData,
  cloudEvents,
  createStreams,
  type DataCodec,
  defineTopic,
  type Header,
  plain,
} from '@isostream/core';
import { createMemory } from '@isostream/memory';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { avro } from '../src/codecs/avro.ts';
import { jsonSchema } from '../src/codecs/json-schema.ts';
import { protobuf } from '../src/codecs/protobuf.ts';
import { type ConfluentOptions, confluentRegistry } from '../src/registries/confluent.ts';
import { decoded } from './support/coding.ts';
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
const placedJson = { type: 'object', properties: { orderId: { type: 'string' }, total: { type: 'integer' } } };
const order = { orderId: 'a', total: 7 };
const name = '__value_schema_id';

const server = { registry: new Registry(), url: '' };
beforeEach(async () => {
  server.registry = new Registry();
  server.url = await server.registry.listen();
});
afterEach(() => server.registry.close());

const official = () => new SchemaRegistryClient({ baseURLs: [server.url] });
const registry = (more: Partial<ConfluentOptions> = {}) =>
  confluentRegistry({ url: server.url, schemaId: 'header', ...more });
const inAvro = (more: Partial<ConfluentOptions> = {}) => avro({ schemas: { placed }, registry: registry(more) });
const inJson = () => jsonSchema({ schemas: { placed: placedJson }, registry: registry() });
const inProtobuf = () => protobuf({ messages: { placed: message('shop.Placed') }, registry: registry() });

async function written(codec: DataCodec, data: unknown): Promise<CodedData> {
  const answer = codec.encode(data, { topic: 'orders', type: 'placed' });
  return typeof answer === 'function' ? await answer() : answer;
}

/** Theirs, which writes into the headers that it is given. */
async function theirs(
  serialize: (headers: Record<string, Buffer>) => Promise<Buffer>,
): Promise<{ readonly bytes: Buffer; readonly headers: readonly Header[] }> {
  const headers: Record<string, Buffer> = {};
  const bytes = await serialize(headers);
  return { bytes, headers: Object.entries(headers) };
}

describe("the header and the bare payload are those of Confluent's own client, and each reads what the other wrote", () => {
  const config = {
    autoRegisterSchemas: false,
    useLatestVersion: true,
    schemaIdSerializer: HeaderSchemaIdSerializer,
    // The default one keeps the client that it was first asked with.
    subjectNameStrategyType: SubjectNameStrategyType.TOPIC,
  };

  it('in Avro', async () => {
    const ours = await written(inAvro(), order);
    const serializer = new AvroSerializer(official(), SerdeType.VALUE, config);
    const other = await theirs((headers) => serializer.serialize('orders', order, headers));
    expect(other).toEqual({ bytes: Buffer.from(ours.bytes), headers: ours.headers });
    const reader = new AvroDeserializer(official(), SerdeType.VALUE, {
      subjectNameStrategyType: SubjectNameStrategyType.TOPIC,
    });
    expect(await reader.deserialize('orders', Buffer.from(ours.bytes), headersOf(ours))).toMatchObject(order);
    expect(await decoded(inAvro(), other.bytes, other.headers)).toEqual(order);
  });

  it('in JSON', async () => {
    const ours = await written(inJson(), order);
    const serializer = new JsonSerializer(official(), SerdeType.VALUE, config);
    const other = await theirs((headers) => serializer.serialize('orders', order, headers));
    expect(other).toEqual({ bytes: Buffer.from(ours.bytes), headers: ours.headers });
    const reader = new JsonDeserializer(official(), SerdeType.VALUE, {
      subjectNameStrategyType: SubjectNameStrategyType.TOPIC,
    });
    expect(await reader.deserialize('orders', Buffer.from(ours.bytes), headersOf(ours))).toEqual(order);
    expect(await decoded(inJson(), other.bytes, other.headers)).toEqual(order);
  });

  it('in Protobuf, with which message it is', async () => {
    const ours = await written(inProtobuf(), order);
    const types = createMutableRegistry(message('shop.Placed'));
    const serializer = new ProtobufSerializer(official(), SerdeType.VALUE, { ...config, registry: types });
    const init = create(message('shop.Placed'), { orderId: 'a', total: 7n });
    const other = await theirs((headers) => serializer.serialize('orders', init, headers));
    expect(other).toEqual({ bytes: Buffer.from(ours.bytes), headers: ours.headers });
    const reader = new ProtobufDeserializer(official(), SerdeType.VALUE, {
      subjectNameStrategyType: SubjectNameStrategyType.TOPIC,
    });
    expect(await reader.deserialize('orders', Buffer.from(ours.bytes), headersOf(ours))).toMatchObject({
      orderId: 'a',
      total: 7n,
    });
    expect(await decoded(inProtobuf(), other.bytes, other.headers)).toMatchObject(order);
  });
});

function headersOf({ headers = [] }: CodedData): Record<string, Buffer> {
  return Object.fromEntries(headers.map(([header, value]) => [header, Buffer.from(value)]));
}

it.each([
  ['register', {}],
  ['latest', { schemas: 'latest' }],
  ['an id', { schemas: { ids: { placed: 1 } } }],
] as const)('asks for the GUID once where the registry says it with the schema only: %s', async (_, more) => {
  server.registry.guids = 'with the schema';
  await written(inAvro({ schemaId: 'prefix' }), order);
  const codec = inAvro(more);
  const [first, second] = [await written(codec, order), await written(codec, order)];
  expect(first).toEqual(second);
  expect(server.registry.requests.filter((request) => request === 'GET /schemas/ids/1')).toHaveLength(1);
  expect(first.headers).toEqual([[name, Buffer.from('01f0e1d2c3b4a546978879000000000001', 'hex')]]);
  expect(Buffer.from(first.bytes).toString('hex')).toBe('02610e');
});

it('fails the send as unsupported where the registry gives no GUIDs', async () => {
  server.registry.guids = 'nowhere';
  await expect(written(inAvro(), order)).rejects.toMatchObject({
    code: 'unsupported',
    retryable: false,
    message: expect.stringContaining('Use schemaId: "prefix"'),
  });
  expect(() => inAvro({ schemaId: 'guid' as 'header' })).toThrow('schemaId is "guid"');
});

it('reads a header that names the schema by its id, and one that came as text', async () => {
  const { bytes } = await written(inAvro(), order);
  for (const value of [
    Buffer.from('0000000001', 'hex'),
    '\u0000\u0000\u0000\u0000\u0001',
    Buffer.from('01f0e1d2c3b4a546978879000000000001', 'hex').toString('base64'),
    // All of it is text that is not ASCII, so that some providers give it as text.
    Buffer.from('01c3a9c3a9c3a9c3a9c3a9000000000001', 'hex').toString('utf8'),
  ])
    expect(await decoded(inAvro(), bytes, [[name, value]])).toEqual(order);
  for (const value of [Buffer.from([2, 1]), Buffer.from([1, 1]), '', 'AQ=='])
    await expect(decoded(inAvro(), bytes, [[name, value]])).rejects.toMatchObject({ code: 'undecodable' });
});

describe.each(['bytes', 'none'] as const)('on a provider with headers: %s', (headers) => {
  it.each([
    ['cloudEvents', cloudEvents()],
    ['plain', plain({ type: 'placed' })],
  ])('an application sees its own headers only, also of an event that is sent back: %s', async (_, format) => {
    const topic = defineTopic('orders', {
      events: { placed: anything },
      key: () => 'k',
      partitions: 1,
      format,
      codec: inAvro(),
    });
    await using streams = await createStreams({ adapter: createMemory({ headers }), topics: [topic] });
    const producer = streams.producer(topic);
    await producer.send({ type: 'placed', data: order, headers: { mine: 'm' } });
    const seen: unknown[] = [];
    let failures = 0;
    const consumer = streams.consumer(topic, { group: 'g', retry: { attempts: 1 } });
    const running = consumer.run((event) => {
      if (failures++ === 0) throw new Error('once');
      seen.push([event.data, event.headers]);
    });
    await expect.poll(() => streams.redrive(topic, { group: 'g' })).toMatchObject({ redriven: 1 });
    await expect.poll(() => seen).toEqual([[order, { mine: 'm' }]]);
    await consumer.close();
    await running;
    await expect(producer.send({ type: 'placed', data: order, headers: { [name]: 'x' } })).rejects.toMatchObject({
      code: 'invalid-header',
      message: expect.stringContaining('belongs to the codec avro'),
    });
  });
});
