import { deflateSync } from 'node:zlib';
import { createStreams, type DataCodec, defineTopic, plain } from '@isostream/core';
import { createMemory } from '@isostream/memory';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { avro } from '../src/codecs/avro.ts';
import { jsonSchema } from '../src/codecs/json-schema.ts';
import { protobuf } from '../src/codecs/protobuf.ts';
import { type GlueOptions, glueRegistry } from '../src/registries/glue.ts';
import { decoded, encoded } from './support/coding.ts';
import { Glue } from './support/glue.ts';
import { message } from './support/proto-files.ts';
import { shopMessage } from './support/shop-file.ts';

const placed = {
  type: 'record',
  name: 'Placed',
  namespace: 'shop',
  fields: [
    { name: 'orderId', type: 'string' },
    { name: 'total', type: 'long' },
  ],
};
const order = { orderId: 'a', total: 7 };
const anything = { '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) } } as const;

const glue = { server: new Glue(), endpoint: '' };
beforeEach(async () => {
  glue.server = new Glue();
  glue.endpoint = await glue.server.listen();
});
afterEach(() => glue.server.close());

const registry = (more: GlueOptions = {}) =>
  glueRegistry({
    region: 'eu-central-1',
    endpoint: glue.endpoint,
    credentials: { accessKeyId: 'a', secretAccessKey: 's' },
    ...more,
  });
const avroCodec = (more: GlueOptions = {}, schema: object = placed): DataCodec =>
  avro({ schemas: { placed: schema }, registry: registry(more) });
const hex = (id: string | undefined) => String(id).replaceAll('-', '');

describe('the registry of AWS Glue', () => {
  it('puts 3, the compression and the id of the version in front, and asks once for each schema', async () => {
    const codec = avroCodec();
    const bytes = await encoded(codec, order);
    const [version] = glue.server.versions;
    expect(bytes.toString('hex')).toBe(`0300${hex(version?.id)}02610e`);
    expect(version).toMatchObject({ name: 'orders', type: 'AVRO' });
    await encoded(codec, order);
    expect(glue.server.calls).toEqual(['GetSchemaByDefinition', 'RegisterSchemaVersion', 'CreateSchema']);

    const newer = { ...placed, fields: [...placed.fields, { name: 'note', type: 'string', default: 'none' }] };
    const reader = avroCodec({}, newer);
    expect(await decoded(reader, bytes)).toEqual({ ...order, note: 'none' });
    expect(reader.decode(bytes, { topic: 'orders', type: 'placed', contentType: undefined, headers: [] })).toEqual({
      ...order,
      note: 'none',
    });
    expect(glue.server.calls.slice(3)).toEqual(['GetSchemaVersion']);
  });

  it('compresses by option, and reads both', async () => {
    const small = avroCodec({ compression: 'zlib' });
    const bytes = await encoded(small, order);
    expect(bytes.toString('hex')).toBe(
      `0305${hex(glue.server.versions[0]?.id)}${deflateSync(Buffer.from('02610e', 'hex')).toString('hex')}`,
    );
    expect(await decoded(avroCodec(), bytes)).toEqual(order);
    expect(await decoded(small, await encoded(avroCodec(), order))).toEqual(order);
  });

  it('writes JSON behind the id of its schema', async () => {
    const codec = jsonSchema({ schemas: { placed: { type: 'object' } }, registry: registry() });
    const bytes = await encoded(codec, order);
    expect(bytes.toString('utf8', 18)).toBe(JSON.stringify(order));
    expect(await decoded(codec, bytes)).toEqual(order);
    await expect(decoded(avroCodec(), bytes)).rejects.toMatchObject({ code: 'undecodable' });
  });

  it('names a schema as it was told', async () => {
    for (const schemaName of ['topic', 'record', 'topic-record', () => 'mine'] as const)
      await encoded(avroCodec({ schemaName }), order);
    expect(glue.server.versions.map(({ name }) => name)).toEqual([
      'orders',
      'shop.Placed',
      'orders-shop.Placed',
      'mine',
    ]);
  });

  it('writes with the latest version, or with the one of an id', async () => {
    const newer = { ...placed, fields: [...placed.fields, { name: 'gift', type: 'boolean' }] };
    await encoded(avroCodec(), order);
    await encoded(avroCodec({}, newer), { ...order, gift: true });
    const [first, second] = glue.server.versions;
    const latest = await encoded(avroCodec({ schemas: 'latest' }), { ...order, gift: true });
    expect(latest.toString('hex', 2, 18)).toBe(hex(second?.id));
    const pinned = await encoded(avroCodec({ schemas: { ids: { placed: String(first?.id) } } }, newer), order);
    expect(pinned.toString('hex', 2, 18)).toBe(hex(first?.id));
    expect(glue.server.versions).toHaveLength(2);
  });

  it('registers what another process registers at the same time', async () => {
    await encoded(avroCodec({}, { ...placed, name: 'Other' }), order);
    glue.server.errors.push('EntityNotFoundException', 'EntityNotFoundException');
    const bytes = await encoded(avroCodec(), order);
    expect(bytes.toString('hex', 2, 18)).toBe(hex(glue.server.versions[1]?.id));
    expect(glue.server.calls.slice(-2)).toEqual(['CreateSchema', 'RegisterSchemaVersion']);
  });

  it('waits for a version that Glue still looks at, and refuses one that it refused', async () => {
    glue.server.status = 'PENDING';
    await expect(encoded(avroCodec(), order)).rejects.toMatchObject({ code: 'unavailable', retryable: true });
    for (const version of glue.server.versions) version.status = 'AVAILABLE';
    await encoded(avroCodec(), order);
    for (const version of glue.server.versions) version.status = 'FAILURE';
    await expect(encoded(avroCodec(), order)).rejects.toMatchObject({ code: 'conflict', retryable: false });
  });

  it.each([
    ['AccessDeniedException', 'unauthorized', false, 'Grant glue:GetSchemaVersion'],
    ['UnrecognizedClientException', 'unauthenticated', false, 'Check the credentials'],
    ['InvalidInputException', 'invalid-config', false, 'the name of the schema'],
    ['ThrottlingException', 'throttled', true, 'asked again'],
    ['InternalServiceException', 'unavailable', true, 'asked again'],
    ['ConcurrentModificationException', 'unavailable', true, 'asked again'],
  ])('says of %s that it is %s', async (name, code, retryable, cure) => {
    glue.server.failure = name;
    const expected = { code, retryable, message: expect.stringContaining(cure) };
    await expect(encoded(avroCodec(), order)).rejects.toMatchObject(expected);
  });

  it.each([
    ['no id', '7b7d', 'does not begin with the version'],
    ['another compression', `0307${'00'.repeat(16)}02610e`, 'does not begin with the version'],
    ['what is not compressed', `0305${'00'.repeat(16)}02610e`, 'not compressed as it says'],
    ['a version that does not exist', `0300${'00'.repeat(16)}02610e`, 'a version that Glue does not have'],
  ])('refuses %s', async (_, bytes, problem) => {
    const reading = decoded(avroCodec(), Buffer.from(bytes, 'hex'));
    await expect(reading).rejects.toMatchObject({ code: 'undecodable', message: expect.stringContaining(problem) });
  });

  it('refuses bytes behind the end and bytes that are missing', async () => {
    const bytes = await encoded(avroCodec(), order);
    for (const [wrong, problem] of [
      [Buffer.concat([bytes, Buffer.of(255)]), 'trailing data'],
      [bytes.subarray(0, -1), 'truncated'],
    ] as const)
      await expect(decoded(avroCodec(), wrong)).rejects.toMatchObject({
        code: 'undecodable',
        message: expect.stringContaining(problem),
      });
  });

  it.each<[object, string]>([
    [{ endpoint: 'here' }, 'endpoint'],
    [{ compression: 'gzip' }, 'compression'],
    [{ requestTimeoutMs: 0 }, 'requestTimeoutMs'],
    [{ schemaName: 'subject' }, 'schemaName'],
    [{ schemas: 'newest' }, 'schemas'],
    [{ schemas: { ids: { placed: 7 } } }, 'schemas.ids.placed'],
  ])('refuses the options %j', (options, named) => {
    expect(() => glueRegistry({ region: 'eu-central-1', ...options })).toThrow(named);
  });

  it('writes Protobuf behind the number of its message among all names, and registers the text of its file', async () => {
    // By their names: shop.Cancelled, shop.Cancelled.Line, shop.Nothing, shop.Placed.
    for (const [name, number, data] of [
      ['Cancelled', '00', { job: 5 }],
      ['Cancelled.Line', '01', { text: 'a' }],
      ['Placed', '03', { orderId: 'a' }],
    ] as const) {
      const messages = { placed: shopMessage(name) };
      const bare = (await encoded(protobuf({ messages }), data)).toString('hex');
      const bytes = await encoded(protobuf({ messages, registry: registry() }), data);
      expect(bytes.toString('hex')).toBe(`0300${hex(glue.server.versions[0]?.id)}${number}${bare}`);
      const packed = await encoded(protobuf({ messages, registry: registry({ compression: 'zlib' }) }), data);
      const whole = deflateSync(Buffer.from(`${number}${bare}`, 'hex'));
      expect(packed.toString('hex')).toBe(`0305${hex(glue.server.versions[0]?.id)}${whole.toString('hex')}`);
      for (const stored of [bytes, packed])
        expect(await decoded(protobuf({ messages, registry: registry() }), stored)).toMatchObject(data);
    }
    expect(glue.server.versions).toMatchObject([
      { type: 'PROTOBUF', text: expect.stringMatching(/^syntax = "proto3";\n\npackage shop;\n\nimport /) },
    ]);
  });

  it.each([
    ['a message that the file does not have', '09', 'is message 9 of schema'],
    ['another message', '00', 'is a shop.Cancelled, and the topic reads shop.Placed'],
    ['no message', '', 'does not say which message'],
    ['a number without an end', 'ffffffffffff', 'does not say which message'],
  ])('refuses Protobuf of %s', async (_, number, problem) => {
    const codec = protobuf({ messages: { placed: shopMessage('Placed') }, registry: registry() });
    const head = (await encoded(codec, {})).subarray(0, 18);
    await expect(decoded(codec, Buffer.concat([head, Buffer.from(number, 'hex')]))).rejects.toMatchObject({
      code: 'undecodable',
      message: expect.stringContaining(problem),
    });
  });

  it('says that it takes no Protobuf that imports other files, and no event type without an id', async () => {
    const codec = protobuf({ messages: { placed: message('shop.Placed') }, registry: registry() });
    await expect(encoded(codec, {})).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining('one schema that holds them all'),
    });
    const pinned = avroCodec({ schemas: { ids: {} } });
    await expect(encoded(pinned, order)).rejects.toMatchObject({ code: 'invalid-config' });
  });

  it('loses nothing and dead-letters nothing while Glue is away, both ways', async () => {
    const topic = defineTopic('orders', {
      events: { placed: anything },
      key: () => 'k',
      partitions: 1,
      format: plain({ type: 'placed' }),
      codec: avroCodec(),
    });
    await using streams = await createStreams({ adapter: createMemory(), topics: [topic] });
    glue.server.failure = 'InternalServiceException';
    const sending = streams.producer(topic).send({ type: 'placed', data: order });
    const late = streams.producer(topic, { deliveryTimeout: 300 }).send({ type: 'placed', data: order });
    await expect(late).rejects.toMatchObject({ code: 'timeout', outcome: 'not-written' });
    glue.server.failure = undefined;
    await sending;

    glue.server.failure = 'InternalServiceException';
    const before = glue.server.calls.length;
    const seen: unknown[] = [];
    const consumer = streams.consumer(
      { ...topic, codec: avroCodec() },
      { group: 'g', retry: { attempts: 1, backoff: { initial: 1, max: 2 } } },
    );
    const running = consumer.run((event, { attempt }) => void seen.push([event.data, attempt]));
    await expect.poll(() => glue.server.calls.length).toBeGreaterThan(before + 2);
    glue.server.failure = undefined;
    await expect.poll(() => seen).toEqual([[order, 1]]);
    await consumer.close();
    await running;
  });
});
