import { createDefaultHttpClient, type HttpClient } from '@azure/core-rest-pipeline';
import { SchemaRegistryClient } from '@azure/schema-registry';
import { AvroSerializer } from '@azure/schema-registry-avro';
import { createStreams, type DataCodec, defineTopic, plain } from '@isostream/core';
import { createMemory } from '@isostream/memory';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { avro } from '../src/codecs/avro.ts';
import { jsonSchema } from '../src/codecs/json-schema.ts';
import { protobuf } from '../src/codecs/protobuf.ts';
import { type AzureOptions, azureRegistry } from '../src/registries/azure.ts';
import { AzureServer } from './support/azure.ts';
import { message } from './support/proto-files.ts';

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
const about = { topic: 'orders', type: 'placed' };
const anything = { '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) } } as const;
const expiresOnTimestamp = Date.now() + 3_600_000;

const azure = { server: new AzureServer(), namespace: '' };
beforeEach(async () => {
  azure.server = new AzureServer();
  azure.namespace = await azure.server.listen();
});
afterEach(() => azure.server.close());

const credential = { getToken: () => Promise.resolve({ token: 'right', expiresOnTimestamp }) };
const registry = (more: Partial<AzureOptions> = {}) =>
  azureRegistry({ namespace: azure.namespace, credential, group: 'shop', ...more });
const avroCodec = (more: Partial<AzureOptions> = {}, schema: object = placed): DataCodec =>
  avro({ schemas: { placed: schema }, registry: registry(more) });

async function written(
  codec: DataCodec,
  data: unknown,
): Promise<{ readonly data: Buffer; readonly contentType: string }> {
  const answer = codec.encode(data, about);
  const { bytes, contentType } = typeof answer === 'function' ? await answer() : answer;
  return { data: Buffer.from(bytes), contentType };
}
const read = async (codec: DataCodec, data: Uint8Array, contentType: string | undefined): Promise<unknown> =>
  codec.decode(data, { ...about, contentType, headers: [] });

/** Microsoft's client speaks to nobody without TLS. */
function microsoft(): SchemaRegistryClient {
  const inner = createDefaultHttpClient();
  const httpClient: HttpClient = {
    sendRequest(request) {
      request.url = request.url.replace('https://registry.test', azure.namespace);
      request.allowInsecureConnection = true;
      return inner.sendRequest(request);
    },
  };
  return new SchemaRegistryClient('https://registry.test', credential, { httpClient });
}

describe('Azure Schema Registry', () => {
  it("has the bytes, the content type and the schemas of Microsoft's client, and each reads what the other wrote", async () => {
    const ours = await written(avroCodec(), order);
    expect(ours).toEqual({
      data: Buffer.from('02610e', 'hex'),
      contentType: `avro/binary+${azure.server.schemas[0]?.id}`,
    });
    const client = microsoft();
    const theirs = new AvroSerializer(client, { groupName: 'shop', autoRegisterSchemas: true });
    const sent = await theirs.serialize(order, JSON.stringify(placed));
    expect({ ...sent, data: Buffer.from(sent.data) }).toEqual(ours);
    expect(azure.server.schemas).toHaveLength(1);
    expect(await theirs.deserialize(ours)).toMatchObject(order);
    expect(await read(avroCodec(), sent.data, sent.contentType)).toEqual(order);
    expect(await client.getSchema(String(azure.server.schemas[0]?.id))).toMatchObject({
      properties: { format: 'Avro', name: 'shop.Placed', groupName: 'shop' },
    });
  });

  it('asks once for each schema, and reads with the schema of the writer', async () => {
    const codec = avroCodec();
    const { data, contentType } = await written(codec, order);
    await written(codec, order);
    const newer = { ...placed, fields: [...placed.fields, { name: 'note', type: 'string', default: 'none' }] };
    const reader = avroCodec({}, newer);
    expect(await read(reader, data, contentType)).toEqual({ ...order, note: 'none' });
    expect(await read(reader, data, contentType)).toEqual({ ...order, note: 'none' });
    expect(azure.server.calls).toEqual([
      'PUT /$schemaGroups/shop/schemas/shop.Placed',
      `GET /$schemaGroups/$schemas/${azure.server.schemas[0]?.id}`,
    ]);
  });

  it('writes JSON, whose content type names its schema', async () => {
    const codec = jsonSchema({ schemas: { placed: { type: 'object' } }, registry: registry() });
    const { data, contentType } = await written(codec, order);
    expect([data.toString(), contentType]).toEqual([
      JSON.stringify(order),
      `application/json+${azure.server.schemas[0]?.id}`,
    ]);
    expect(azure.server.schemas[0]).toMatchObject({ format: 'Json', name: 'placed' });
    expect(await read(codec, data, contentType)).toEqual(order);
    await expect(read(avroCodec(), data, contentType)).rejects.toMatchObject({ code: 'undecodable' });
  });

  it('names a schema as it was told', async () => {
    for (const schemaName of ['topic', 'record', 'topic-record', () => 'mine'] as const)
      await written(avroCodec({ schemaName }), order);
    expect(azure.server.schemas.map(({ name }) => name)).toEqual([
      'orders',
      'shop.Placed',
      'orders-shop.Placed',
      'mine',
    ]);
  });

  it('writes with the latest version, or with the schema of an id', async () => {
    const newer = { ...placed, fields: [...placed.fields, { name: 'gift', type: 'boolean' }] };
    await written(avroCodec(), order);
    await written(avroCodec({}, newer), { ...order, gift: true });
    const [first, second] = azure.server.schemas;
    const latest = await written(avroCodec({ schemas: 'latest' }), { ...order, gift: true });
    expect(latest.contentType).toBe(`avro/binary+${second?.id}`);
    const pinned = await written(avroCodec({ schemas: { ids: { placed: String(first?.id) } } }, newer), order);
    expect(pinned.contentType).toBe(`avro/binary+${first?.id}`);
    for (const schemas of ['latest', { ids: { placed: '0'.repeat(32) } }] as const)
      await expect(written(avroCodec({ schemas, schemaName: () => 'other' }), order)).rejects.toMatchObject({
        code: 'invalid-config',
      });
  });

  it.each([
    [400, 'the schema is not compatible', 'conflict', false],
    [409, 'no', 'conflict', false],
    [400, 'no', 'invalid-config', false],
    [404, 'no such group', 'invalid-config', false],
    [429, 'no', 'throttled', true],
    [503, 'no', 'unavailable', true],
  ])('says of an answer with %i %s that it is %s', async (status, text, code, retryable) => {
    azure.server.failure = [status, text];
    await expect(written(avroCodec(), order)).rejects.toMatchObject({ code, retryable });
  });

  it.each([
    ['another token', () => Promise.resolve({ token: 'other' }), 'unauthorized', false],
    ['a wrong token', () => Promise.resolve({ token: 'wrong' }), 'unauthenticated', false],
    ['none', () => Promise.resolve(null), 'unauthenticated', false],
    ['a refusal', () => Promise.reject(new Error('no secret')), 'unauthenticated', false],
    [
      'nobody who answers',
      () => Promise.reject(Object.assign(new Error('no such host'), { code: 'ENOTFOUND' })),
      'unavailable',
      true,
    ],
  ])('says what a credential is that gives %s', async (_, getToken, code, retryable) => {
    await expect(written(avroCodec({ credential: { getToken } }), order)).rejects.toMatchObject({ code, retryable });
  });

  it('waits for a credential no longer than for an answer', async () => {
    const never = { getToken: () => new Promise<never>(() => undefined) };
    const sending = written(avroCodec({ credential: never, requestTimeoutMs: 20 }), order);
    await expect(sending).rejects.toMatchObject({ code: 'timeout', retryable: true });
  });

  it.each([
    ['no content type', '02610e', undefined, 'has no content type that names its schema'],
    ['one that names no schema', '02610e', 'avro/binary', 'has no content type that names its schema'],
    ['a schema that does not exist', '02610e', `avro/binary+${'0'.repeat(32)}`, 'does not have'],
  ])('refuses %s', async (_, bytes, contentType, problem) => {
    const reading = read(avroCodec(), Buffer.from(bytes, 'hex'), contentType);
    await expect(reading).rejects.toMatchObject({ code: 'undecodable', message: expect.stringContaining(problem) });
  });

  it.each<[object, string]>([
    [{ namespace: 'ftp://here' }, 'url'],
    [{ credential: undefined }, 'credential'],
    [{ group: '' }, 'group'],
    [{ requestTimeoutMs: 0 }, 'requestTimeoutMs'],
    [{ schemaName: 'subject' }, 'schemaName'],
    [{ schemas: 'newest' }, 'schemas'],
    [{ schemas: { ids: { placed: 7 } } }, 'schemas.ids.placed'],
  ])('refuses the options %j', (options, problem) => {
    expect(() => registry(options)).toThrow(problem);
  });

  it('says that it takes no Protobuf', async () => {
    const codec = protobuf({ messages: { placed: message('shop.Money') }, registry: registry() });
    await expect(written(codec, {})).rejects.toMatchObject({ code: 'unsupported' });
  });

  it('loses nothing and dead-letters nothing while the registry is away, both ways', async () => {
    const topic = defineTopic('orders', {
      events: { placed: anything },
      key: () => 'k',
      partitions: 1,
      format: plain({ type: 'placed' }),
      codec: avroCodec(),
    });
    await using streams = await createStreams({ adapter: createMemory(), topics: [topic] });
    azure.server.failure = [503, 'no'];
    const sending = streams.producer(topic).send({ type: 'placed', data: order });
    await expect.poll(() => azure.server.calls.length).toBeGreaterThan(1);
    azure.server.failure = undefined;
    await sending;

    azure.server.failure = [503, 'no'];
    const before = azure.server.calls.length;
    const seen: unknown[] = [];
    const consumer = streams.consumer(
      { ...topic, codec: avroCodec() },
      { group: 'g', retry: { attempts: 1, backoff: { initial: 1, max: 2 } } },
    );
    const running = consumer.run((event, { attempt }) => void seen.push([event.data, attempt]));
    await expect.poll(() => azure.server.calls.length).toBeGreaterThan(before + 2);
    azure.server.failure = undefined;
    await expect.poll(() => seen).toEqual([[order, 1]]);
    await consumer.close();
    await running;
  });
});
