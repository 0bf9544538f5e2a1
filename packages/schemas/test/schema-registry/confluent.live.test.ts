import {
  AvroDeserializer,
  AvroSerializer,
  JsonDeserializer,
  JsonSerializer,
  ProtobufDeserializer,
  ProtobufSerializer,
  SerdeType,
  SubjectNameStrategyType,
} from '@confluentinc/schemaregistry';
import { createStreams, type DataCodec, defineTopic, plain } from '@isostream/core';
import { type SchemaRegistryServer, startSchemaRegistry } from '@isostream/emulators';
import { createMemory } from '@isostream/memory';
import kafkajs from '@kafkajs/confluent-schema-registry';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { create, createMutableRegistry } from '@bufbuild/protobuf';
import { avro } from '../../src/codecs/avro.ts';
import { jsonSchema } from '../../src/codecs/json-schema.ts';
import { protobuf } from '../../src/codecs/protobuf.ts';
import { type ConfluentOptions, confluentRegistry } from '../../src/registries/confluent.ts';
import { decoded, encoded } from '../support/coding.ts';
import { Gateway } from '../support/gateway.ts';
import { OfficialClient } from '../support/official.ts';
import { message, moneyText } from '../support/proto-files.ts';

const placed = {
  type: 'record',
  name: 'Placed',
  namespace: 'shop',
  fields: [
    { name: 'orderId', type: 'string' },
    { name: 'total', type: 'long' },
    { name: 'note', type: ['null', 'string'], default: null },
  ],
};
const placedJson = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'Placed',
  type: 'object',
  properties: { orderId: { type: 'string' }, total: { type: 'integer' } },
  required: ['orderId', 'total'],
};
const order = { orderId: 'a', total: 7 };

let server: SchemaRegistryServer;
let topic: string;
let topics = 0;

beforeAll(async () => {
  server = await startSchemaRegistry();
}, 300_000);
afterAll(() => server.stop());
beforeEach(() => {
  topic = `orders-${topics++}`;
});

// A bound for hangs, where a test does not say another.
const registry = (more: Partial<ConfluentOptions> = {}) =>
  confluentRegistry({ url: server.url, requestTimeoutMs: 60_000, ...more });
const avroCodec = (more: Partial<ConfluentOptions> = {}, schema: object = placed): DataCodec =>
  avro({ schemas: { placed: schema }, registry: registry(more) });
const jsonCodec = (): DataCodec => jsonSchema({ schemas: { placed: placedJson }, registry: registry() });
const official = () => new OfficialClient({ baseURLs: [server.url] });
const community = () => new kafkajs.SchemaRegistry({ host: server.url });

async function ask(method: string, path: string, body?: object): Promise<unknown> {
  const headers = { 'content-type': 'application/vnd.schemaregistry.v1+json' };
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  const answer = await fetch(server.url + path, { method, headers, ...sent });
  const text = await answer.text();
  if (!answer.ok) throw new Error(text);
  const value: unknown = JSON.parse(text);
  return value;
}
const register = (subject: string, schema: object, more: object = {}) =>
  ask('POST', `/subjects/${subject}/versions`, { schema: JSON.stringify(schema), ...more });

describe('the bytes are those of', () => {
  it("Confluent's own client, in Avro and in JSON, and each reads what the other wrote", async () => {
    const data = { ...order, note: null };
    const theirs = new AvroSerializer(official(), SerdeType.VALUE, {
      autoRegisterSchemas: false,
      useLatestVersion: true,
    });
    const ours = await encoded(avroCodec(), data, topic);
    expect(await theirs.serialize(topic, data)).toEqual(ours);
    expect(await new AvroDeserializer(official(), SerdeType.VALUE, {}).deserialize(topic, ours)).toMatchObject(data);
    expect(await decoded(avroCodec(), await theirs.serialize(topic, data), [], topic)).toEqual(data);

    const inJson = `${topic}-json`;
    const json = await encoded(jsonCodec(), order, inJson);
    const theirJson = new JsonSerializer(official(), SerdeType.VALUE, {
      autoRegisterSchemas: false,
      useLatestVersion: true,
    });
    expect(await theirJson.serialize(inJson, order)).toEqual(json);
    expect(await new JsonDeserializer(official(), SerdeType.VALUE, {}).deserialize(inJson, json)).toEqual(order);
    expect(await decoded(jsonCodec(), await theirJson.serialize(inJson, order), [], inJson)).toEqual(order);
  });

  it('the client of kafkajs, in Avro and in JSON, and each reads what the other wrote', async () => {
    const data = { ...order, note: null };
    const ours = await encoded(avroCodec(), data, topic);
    const id = await community().getLatestSchemaId(`${topic}-value`);
    expect(await community().encode(id, data)).toEqual(ours);
    expect(await community().decode(ours)).toMatchObject(data);

    const inJson = `${topic}-json`;
    const json = await encoded(jsonCodec(), order, inJson);
    const jsonId = await community().getLatestSchemaId(`${inJson}-value`);
    expect(await community().encode(jsonId, order)).toEqual(json);
    expect(await community().decode(json)).toEqual(order);
  });
});

describe('in Protobuf', () => {
  const codec = (more: Partial<ConfluentOptions> = {}): DataCodec =>
    protobuf({
      messages: { placed: message('shop.Placed'), line: message('shop.Cancelled.Line') },
      registry: registry(more),
    });
  const read = { orderId: 'a', total: 7, price: { cents: 900 }, sizes: [], parts: {}, photo: new Uint8Array(0) };
  const written = { orderId: 'a', total: 7, price: { cents: 900 } };
  const types = createMutableRegistry(message('shop.Placed'), message('shop.Cancelled.Line'));

  it("the bytes are those of Confluent's own client, which registers the same, and each reads what the other wrote", async () => {
    const theirs = new ProtobufSerializer(official(), SerdeType.VALUE, { registry: types });
    const init = create(message('shop.Placed'), { orderId: 'a', total: 7n, price: { cents: 900n } });
    const ours = await encoded(codec(), written, topic);
    expect(await theirs.serialize(topic, init)).toEqual(ours);
    expect(await ask('GET', `/subjects/${topic}-value/versions`)).toEqual([1]);
    const reader = new ProtobufDeserializer(official(), SerdeType.VALUE, {});
    expect(await reader.deserialize(topic, ours)).toMatchObject({ orderId: 'a', total: 7n, price: { cents: 900n } });
    expect(await decoded(codec(), await theirs.serialize(topic, init), [], topic)).toEqual(read);

    const nested = create(message('shop.Cancelled.Line'), { text: 't' });
    const line = await encoded(codec(), { text: 't' }, topic, 'line');
    expect(await theirs.serialize(topic, nested)).toEqual(line);
    expect(await decoded(codec(), line, [], topic, 'line')).toEqual({ text: 't' });
  });

  it('reads and writes with a schema that is registered as a text, in which the messages lie elsewhere', async () => {
    const text = moneyText.replace('message Money', 'message First {}\nmessage Money');
    await ask('POST', `/subjects/${topic}-value/versions`, { schema: text, schemaType: 'PROTOBUF' });
    const money = protobuf({ messages: { money: message('shop.Money') }, registry: registry({ schemas: 'latest' }) });
    const bytes = await encoded(money, { cents: 5 }, topic, 'money');
    expect(bytes.toString('hex', 5)).toBe('02020805');
    expect(await decoded(money, bytes, [], topic, 'money')).toEqual({ cents: 5 });
    await expect(encoded(codec({ schemas: 'latest' }), written, topic)).rejects.toMatchObject({
      code: 'invalid-config',
      message: expect.stringContaining('has no message shop.Placed'),
    });
  });
});

describe('the schema to write with', () => {
  const newer = { ...placed, fields: [...placed.fields, { name: 'gift', type: 'boolean', default: false }] };

  it('is the own one, which is registered once and is the same for another process', async () => {
    const first = await encoded(avroCodec(), { ...order, note: null }, topic);
    expect(await encoded(avroCodec(), { ...order, note: null }, topic)).toEqual(first);
    expect(await ask('GET', `/subjects/${topic}-value/versions`)).toEqual([1]);
  });

  it('is the latest of the subject, also where a field of it is not of ours', async () => {
    await register(`${topic}-value`, placed);
    await register(`${topic}-value`, newer);
    const bytes = await encoded(avroCodec({ schemas: 'latest' }), { ...order, note: null, gift: true }, topic);
    expect(await decoded(avroCodec({}, newer), bytes, [], topic)).toMatchObject({ gift: true });
    expect(await decoded(avroCodec(), bytes, [], topic)).toEqual({ ...order, note: null });
    expect(await ask('GET', `/subjects/${topic}-value/versions`)).toEqual([1, 2]);
  });

  it('is the one of an id', async () => {
    const answer = (await register(`${topic}-value`, placed)) as { id: number };
    await register(`${topic}-value`, newer);
    const codec = avroCodec({ schemas: { ids: { placed: answer.id } } });
    const bytes = await encoded(codec, { ...order, note: null }, topic);
    expect(bytes.readUInt32BE(1)).toBe(answer.id);
  });

  it.each([
    ['latest', () => avroCodec({ schemas: 'latest' })],
    ['an id', () => avroCodec({ schemas: { ids: { placed: 999_999 } } })],
  ])('fails the send as invalid-config where there is none: %s', async (_, codec) => {
    await expect(encoded(codec(), order, topic)).rejects.toMatchObject({ code: 'invalid-config', retryable: false });
  });

  it('is refused as a conflict where it breaks those that are registered', async () => {
    await register(`${topic}-value`, placed);
    await ask('PUT', `/config/${topic}-value`, { compatibility: 'BACKWARD' });
    const breaking = { ...placed, fields: [...placed.fields, { name: 'gift', type: 'boolean' }] };
    const sending = encoded(avroCodec({}, breaking), { ...order, note: null, gift: true }, topic);
    await expect(sending).rejects.toMatchObject({ code: 'conflict', retryable: false });
  });
});

it('names subjects as the official client does', async () => {
  const strategies = [
    ['topic', SubjectNameStrategyType.TOPIC],
    ['record', SubjectNameStrategyType.RECORD],
    ['topic-record', SubjectNameStrategyType.TOPIC_RECORD],
  ] as const;
  for (const [subject, subjectNameStrategyType] of strategies) {
    const own = { ...placed, name: `Placed${topics++}` };
    const ours = await encoded(avroCodec({ subject }, own), { ...order, note: null }, topic);
    const config = { autoRegisterSchemas: false, useLatestVersion: true, subjectNameStrategyType };
    const theirs = new AvroSerializer(official(), SerdeType.VALUE, config);
    const info = { schema: JSON.stringify(own), schemaType: 'AVRO' };
    const name = await theirs.subjectName(topic, info);
    expect(await ask('GET', `/subjects/${name}/versions`)).toEqual([1]);
    expect(await ask('GET', `/subjects/${name}/versions/1`)).toMatchObject({ id: ours.readUInt32BE(1) });
  }
});

it('reads and writes schemas that refer to others, through several steps', async () => {
  const money = { type: 'record', name: 'Money', namespace: 'shop', fields: [{ name: 'cents', type: 'long' }] };
  const line = { type: 'record', name: 'Line', namespace: 'shop', fields: [{ name: 'price', type: 'shop.Money' }] };
  const basket = {
    type: 'record',
    name: 'Basket',
    namespace: 'shop',
    fields: [{ name: 'lines', type: { type: 'array', items: 'shop.Line' } }],
  };
  await register(`${topic}-money`, money);
  await register(`${topic}-line`, line, {
    references: [{ name: 'shop.Money', subject: `${topic}-money`, version: 1 }],
  });
  await register(`${topic}-value`, basket, {
    references: [{ name: 'shop.Line', subject: `${topic}-line`, version: 1 }],
  });
  const whole = {
    ...basket,
    fields: [{ name: 'lines', type: { type: 'array', items: { ...line, fields: [{ name: 'price', type: money }] } } }],
  };
  const data = { lines: [{ price: { cents: 5 } }] };
  const codec = avroCodec({ schemas: 'latest' }, whole);
  const bytes = await encoded(codec, data, topic);
  expect(await decoded(avroCodec({}, whole), bytes, [], topic)).toEqual(data);
  expect(await community().decode(bytes)).toMatchObject(data);
});

describe('schemas that refer to others', () => {
  const money = { type: 'record', name: 'Money', namespace: 'shop', fields: [{ name: 'cents', type: 'long' }] };
  const line = { type: 'record', name: 'Line', namespace: 'shop', fields: [{ name: 'price', type: 'Money' }] };
  const lines = { name: 'lines', type: { type: 'array', items: 'shop.Line' } };
  const basket = { type: 'record', name: 'Basket', fields: [lines, { name: 'tip', type: ['null', 'shop.Money'] }] };
  const plainData = { lines: [{ price: { cents: 5 } }], tip: { cents: 6 } };

  it('are registered in Avro, each behind those that it refers to, and read by others', async () => {
    const references = { 'shop.Money': money, 'shop.Line': line };
    await using gateway = await Gateway.before(server.url);
    const make = (url: string) => avro({ schemas: { placed: basket }, references, registry: registry({ url }) });
    const codec = make(gateway.url);
    const bytes = await encoded(codec, plainData, topic);
    expect(gateway.requests.filter((request) => request.endsWith('/versions'))).toEqual(
      ['shop.Money', 'shop.Money', 'shop.Line', `${topic}-value`].map(
        (subject) => `POST /subjects/${subject}/versions`,
      ),
    );
    expect(await ask('GET', `/subjects/${topic}-value/versions/1`)).toMatchObject({
      references: [
        { name: 'shop.Money', subject: 'shop.Money' },
        { name: 'shop.Line', subject: 'shop.Line' },
      ],
    });
    expect(await decoded(make(server.url), bytes, [], topic)).toEqual(plainData);
    const reader = new AvroDeserializer(official(), SerdeType.VALUE, {});
    expect(await reader.deserialize(topic, bytes)).toMatchObject(plainData);
  });

  it('are read with the version that the writer referred to, which is asked for once', async () => {
    const newer = { ...money, fields: [...money.fields, { name: 'unit', type: 'string', default: 'EUR' }] };
    const make = (price: object, url = server.url) =>
      avro({
        schemas: { placed: basket },
        references: { 'shop.Money': price, 'shop.Line': line },
        registry: registry({ url }),
      });
    const bytes = await encoded(make(money), plainData, topic);
    await using gateway = await Gateway.before(server.url);
    const reader = make(newer, gateway.url);
    const read = { lines: [{ price: { cents: 5, unit: 'EUR' } }], tip: { cents: 6, unit: 'EUR' } };
    for (let time = 0; time < 3; time++) expect(await decoded(reader, bytes, [], topic)).toEqual(read);
    expect(gateway.requests.filter((request) => request.includes('/subjects/shop.'))).toHaveLength(2);
  });

  it('are registered in JSON under what $ref says, and read by others', async () => {
    const cents = { $schema: placedJson.$schema, type: 'object', properties: { cents: { type: 'integer' } } };
    const price = {
      $schema: placedJson.$schema,
      type: 'object',
      properties: { price: { $ref: `${topic}/money.json` } },
    };
    const codec = jsonSchema({
      schemas: { placed: price },
      references: { [`${topic}/money.json`]: cents },
      registry: registry(),
    });
    const bytes = await encoded(codec, { price: { cents: 5 } }, topic);
    expect(await ask('GET', `/subjects/${topic}-value/versions/1`)).toMatchObject({
      references: [{ name: `${topic}/money.json`, subject: `${topic}/money.json`, version: 1 }],
    });
    expect(await decoded(codec, bytes, [], topic)).toEqual({ price: { cents: 5 } });
    expect(await new JsonDeserializer(official(), SerdeType.VALUE, {}).deserialize(topic, bytes)).toEqual({
      price: { cents: 5 },
    });
  });
});

it('asks once for each schema, however many events there are, and whatever becomes of the registry later', async () => {
  await using gateway = await Gateway.before(server.url);
  const codec = avroCodec({ url: gateway.url });
  const all = await Promise.all(Array.from({ length: 50 }, () => encoded(codec, { ...order, note: null }, topic)));
  const reader = avroCodec({ url: gateway.url });
  await Promise.all(all.map((bytes) => decoded(reader, bytes, [], topic)));
  const [id] = all.map((bytes) => bytes.readUInt32BE(1));
  expect(gateway.requests).toEqual([`POST /subjects/${topic}-value/versions`, `GET /schemas/ids/${id}`]);
});

describe('credentials', () => {
  it.each([
    ['a user', { username: 'u', password: 'p' }, `Basic ${btoa('u:p')}`],
    ['a token', { token: 't' }, 'Bearer t'],
  ])('of %s are sent', async (_, auth, required) => {
    await using gateway = await Gateway.before(server.url);
    gateway.required = required;
    const { url } = gateway;
    await encoded(avroCodec({ url, auth }), { ...order, note: null }, topic);
    await expect(encoded(avroCodec({ url }), order, topic)).rejects.toMatchObject({ code: 'unauthenticated' });
    const wrong = encoded(avroCodec({ url, auth: { token: 'wrong' } }), order, topic);
    await expect(wrong).rejects.toMatchObject({ code: 'unauthorized', retryable: false });
  });
});

describe('while the registry is away', () => {
  const anything = { '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) } } as const;
  const topicOf = (codec: DataCodec) =>
    defineTopic(topic, {
      events: { placed: anything },
      key: () => 'k',
      partitions: 1,
      format: plain({ type: 'placed' }),
      codec,
    });
  it.each([
    ['is gone', (gateway: Gateway, isAway: boolean) => void (gateway.isAway = isAway)],
    ['is frozen', (_: Gateway, isAway: boolean) => (isAway ? server.server.pause() : server.server.resume())],
  ])('and %s, sends and stored events wait; nothing is lost, nothing dead-lettered', async (_, turn) => {
    await using gateway = await Gateway.before(server.url);
    const impatient = { url: gateway.url, requestTimeoutMs: 200 };
    const orders = topicOf(avroCodec(impatient));
    await using streams = await createStreams({ adapter: createMemory(), topics: [orders] });
    turn(gateway, true);
    const waiting = streams.producer(orders).send({ type: 'placed', data: { ...order, note: null } });
    const late = streams
      .producer(orders, { deliveryTimeout: 500 })
      .send({ type: 'placed', data: { ...order, note: null } });
    await expect(late).rejects.toMatchObject({ code: 'timeout', outcome: 'not-written' });
    turn(gateway, false);
    await waiting;

    turn(gateway, true);
    const before = gateway.requests.length;
    const seen: unknown[] = [];
    const reader = { ...orders, codec: avroCodec(impatient) };
    const consumer = streams.consumer(reader, {
      group: 'g',
      retry: { attempts: 1, backoff: { initial: 10, max: 20 } },
    });
    const running = consumer.run((event, { attempt }) => void seen.push([event.data, attempt]));
    await expect.poll(() => gateway.requests.length).toBeGreaterThan(before + 2);
    turn(gateway, false);
    await expect.poll(() => seen, { timeout: 60_000 }).toEqual([[{ ...order, note: null }, 1]]);
    await consumer.close();
    await running;
  });
});
