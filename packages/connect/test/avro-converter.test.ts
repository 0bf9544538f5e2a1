import { createServer, type Server } from 'node:http';
import { createConverter, Decimal, Num, Struct, type Value } from '@isostream/connect';
import { createStreams, defineTopic } from '@isostream/core';
import { createMemory } from '@isostream/memory';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { plan, worker } from './support/files.ts';
import { runUntil, storedIn, textsIn } from './support/run.ts';

const money = { type: 'record', name: 'Money', namespace: 'shop', fields: [{ name: 'cents', type: 'long' }] };
const everything = {
  type: 'record',
  name: 'All',
  namespace: 'shop',
  doc: 'all kinds',
  fields: [
    { name: 'flag', type: 'boolean' },
    { name: 'small', type: { type: 'int', 'connect.type': 'int8' } },
    { name: 'count', type: 'int', default: 5 },
    { name: 'big', type: 'long' },
    { name: 'ratio', type: 'double' },
    { name: 'name', type: ['null', 'string'], default: null },
    { name: 'kind', type: { type: 'enum', name: 'Kind', symbols: ['A', 'B'] } },
    { name: 'hash', type: { type: 'fixed', name: 'Hash', size: 2 } },
    { name: 'day', type: { type: 'int', logicalType: 'date' } },
    { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
    { name: 'price', type: { type: 'bytes', logicalType: 'decimal', precision: 9, scale: 2 } },
    { name: 'tags', type: { type: 'array', items: 'string' } },
    { name: 'counts', type: { type: 'map', values: 'int' } },
    { name: 'either', type: ['string', 'int'] },
    { name: 'other', type: 'Kind' },
  ],
};
const tree = { type: 'record', name: 'Tree', fields: [{ name: 'left', type: ['null', 'Tree'] }] };
const schemas: Record<string, object> = {
  '/schemas/ids/1': { schema: JSON.stringify(everything) },
  '/schemas/ids/2': {
    schema: JSON.stringify({ type: 'record', name: 'Order', fields: [{ name: 'total', type: 'shop.Money' }] }),
    references: [{ name: 'shop.Money', subject: 'shop.Money', version: 3 }],
  },
  '/subjects/shop.Money/versions/3': { schema: JSON.stringify(money) },
  '/schemas/ids/3': { schema: '{}', schemaType: 'JSON' },
  '/schemas/ids/4': { schema: JSON.stringify(tree) },
};

let server: Server;
let url: string;
let asked: string[] = [];
let refusals = 0;

beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(request.url ?? '');
    const answer = schemas[request.url ?? ''];
    const isThere = !request.url?.startsWith('/elsewhere/');
    const isLogin = request.headers.authorization === undefined || request.headers.authorization === 'Basic dTpw';
    const status = !isLogin ? 401 : refusals-- > 0 ? 503 : answer === undefined ? 404 : 200;
    response.writeHead(status).end(JSON.stringify(answer ?? (isThere ? { error_code: 40403 } : {})));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));
afterEach(() => {
  asked = [];
  refusals = 0;
});

const payload = (id: number, ...bytes: readonly number[]): Uint8Array => Uint8Array.from([0, 0, 0, 0, id, ...bytes]);
const double = [...Buffer.from(new Float64Array([0.5]).buffer)];
const one = payload(
  1,
  ...[1, 13, 6, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x20, ...double, 2, 4, 0xc3, 0xa9, 2, 0xca, 0xfe],
  ...[2, 2, 4, 0x04, 0xd2, 1, 4, 2, 0x78, 0, 2, 2, 0x6b, 14, 0, 2, 8, 0],
);

async function read(
  bytes: Uint8Array,
  more: Record<string, string> = {},
): Promise<ReturnType<ReturnType<typeof createConverter>['read']>> {
  const converter = createConverter('AvroConverter', { 'schema.registry.url': url, ...more });
  await converter.prepare?.(bytes);
  return converter.read(bytes);
}

describe('the Avro converter', () => {
  it('reads each kind of value, with the schema that Kafka Connect has for it', async () => {
    const { schema, value } = await read(one);
    expect(schema).toMatchObject({ type: 'struct', name: 'shop.All', doc: 'all kinds' });
    expect(schema?.fields?.map((field) => [field.name, field.schema.name ?? field.schema.type])).toEqual([
      ['flag', 'boolean'],
      ['small', 'int8'],
      ['count', 'int32'],
      ['big', 'int64'],
      ['ratio', 'float64'],
      ['name', 'string'],
      ['kind', 'string'],
      ['hash', 'bytes'],
      ['day', 'org.apache.kafka.connect.data.Date'],
      ['at', 'org.apache.kafka.connect.data.Timestamp'],
      ['price', 'org.apache.kafka.connect.data.Decimal'],
      ['tags', 'array'],
      ['counts', 'map'],
      ['either', 'io.confluent.connect.avro.Union'],
      ['other', 'string'],
    ]);
    const fields = value instanceof Struct ? value.values : new Map<string, Value>();
    const either = fields.get('either');
    expect([...fields.values()].slice(0, 13)).toEqual([
      ...[true, new Num('int8', -7), new Num('int32', 3), 2n ** 53n, 0.5, 'é', 'B', Buffer.from([0xca, 0xfe])],
      ...[new Date(86_400_000), new Date(1), new Decimal(1234n, 2), ['x'], new Map([['k', new Num('int32', 7)]])],
    ]);
    expect(either instanceof Struct ? [...either.values] : []).toEqual([['int32', new Num('int32', 4)]]);
    expect(schema?.fields?.find(({ name }) => name === 'name')?.schema.optional).toBe(true);
  });

  it('reads schemas that refer to others, and asks for each once', async () => {
    const converter = createConverter('io.confluent.connect.avro.AvroConverter', { 'schema.registry.url': url });
    const bytes = payload(2, 20);
    await Promise.all([converter.prepare?.(bytes), converter.prepare?.(bytes)]);
    expect(converter.prepare?.(bytes)).toBeUndefined();
    expect(asked).toEqual(['/schemas/ids/2', '/subjects/shop.Money/versions/3']);
    const { value } = converter.read(bytes);
    const total = value instanceof Struct ? value.values.get('total') : undefined;
    expect(total instanceof Struct ? total.values.get('cents') : undefined).toBe(10n);
  });

  it('asks again for a schema that was not there', async () => {
    const converter = createConverter('AvroConverter', { 'schema.registry.url': url });
    const bytes = payload(7, 20);
    await converter.prepare?.(bytes);
    expect(() => converter.read(bytes)).toThrow('does not have it');
    schemas['/schemas/ids/7'] = { schema: JSON.stringify(money) };
    await converter.prepare?.(bytes);
    expect(converter.read(bytes).schema?.name).toBe('shop.Money');
  });

  it('waits where something else than a registry answers that nothing is there', async () => {
    const elsewhere = read(one, { 'schema.registry.url': `${url}/elsewhere` });
    await expect(elsewhere).rejects.toMatchObject({ name: 'TargetUnavailable' });
    await expect(elsewhere).rejects.toThrow('Check schema.registry.url');
  });

  it.each([
    ['of another converter', Buffer.from('{"a":1}'), 'does not begin with the id'],
    ['whose schema is not there', payload(9), 'does not have it'],
    ['with a number that no schema has', Uint8Array.from([0, 255, 255, 255, 255]), 'which no Avro schema has'],
    ['of another kind of schema', payload(3), 'one of JSON'],
    ['of a type that holds itself', payload(4, 0), 'holds itself'],
    ['that ends too soon', one.subarray(0, 20), 'ends too soon'],
    [
      'with a length that no payload has',
      payload(1, 1, 13, 6, 0, ...double, 2, 0xff, 0xff, 0xff, 0x7f),
      'ends too soon',
    ],
    ['with a branch that is not there', payload(1, 1, 13, 6, 0, ...double, 8), 'union'],
  ])('says what is wrong with a payload %s', async (_, bytes, message) => {
    await expect(read(bytes)).rejects.toThrow(message);
  });

  it('logs in, and says what is wrong with the login', async () => {
    const login = { 'basic.auth.credentials.source': 'USER_INFO', 'basic.auth.user.info': 'u:p' };
    expect((await read(payload(2, 20), login)).schema?.name).toBe('Order');
    await expect(read(payload(2, 20), { ...login, 'basic.auth.user.info': 'u:wrong' })).rejects.toThrow('answers 401');
    await expect(read(one, { 'basic.auth.user.info': 'u:p' })).rejects.toThrow('credentials.source');
    await expect(read(one, { 'schema.registry.url': 'registry:8081' })).rejects.toThrow('not a valid address');
  });

  it('brings records to a sink: waits while the registry is away, and dead-letters what cannot be read', async () => {
    const topics = [
      defineTopic('orders', { raw: true, partitions: 1 }),
      defineTopic('letters', { raw: true, partitions: 1 }),
    ] as const;
    const streams = await createStreams({ adapter: createMemory(), topics: [...topics] });
    await streams.producer(topics[0]).sendBatch([
      { key: 'a', value: Buffer.from(payload(2, 20)) },
      { key: 'b', value: Buffer.from('plain') },
      { key: 'c', value: Buffer.from(payload(9)) },
    ]);
    refusals = 2;
    const said: string[] = [];
    const files = await plan(worker, [
      `name=log
connector.class=LoggerSink
topics=orders
value.converter=AvroConverter
value.converter.schema.registry.url=${url}
errors.tolerance=all
errors.deadletterqueue.topic.name=letters
errors.deadletterqueue.context.headers.enable=true`,
    ]);
    await runUntil(
      files,
      streams,
      async () => {
        expect(said.join('\n')).toContain('"total":{"cents":10}');
        expect(await textsIn(streams, 'letters')).toHaveLength(2);
      },
      { say: (line) => void said.push(line) },
    );
    const stages = (await storedIn(streams, 'letters')).map(
      ({ headers }) => headers.find(([name]) => name === '__connect.errors.class.name')?.[1],
    );
    expect(stages.map(String)).toEqual(Array.from({ length: 2 }, () => 'io.confluent.connect.avro.AvroConverter'));
    await streams.close();
  });
});
