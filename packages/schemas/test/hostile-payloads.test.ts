import { once } from 'node:events';
import { createServer } from 'node:http';
import { deflateSync, gzipSync } from 'node:zlib';
import { createStreams, type DataCodec, defineTopic } from '@isostream/core';
import { createMemory } from '@isostream/memory';
import avsc, { type Schema } from 'avsc';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { avro } from '../src/codecs/avro.ts';
import { jsonSchema } from '../src/codecs/json-schema.ts';
import { protobuf } from '../src/codecs/protobuf.ts';
import { confluentRegistry } from '../src/registries/confluent.ts';
import { glueRegistry } from '../src/registries/glue.ts';
import { decoded, encoded } from './support/coding.ts';
import { Glue } from './support/glue.ts';
import { field, oneMessage, Type } from './support/proto-files.ts';
import { Registry } from './support/registry.ts';

const megabyte = 1_048_576;
const anything = { '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) } } as const;
const anyJson = { $schema: 'http://json-schema.org/draft-07/schema#', properties: {} };
const record = (type: unknown) => ({ type: 'record', name: 'Placed', fields: [{ name: 'lines', type }] });

/** As Avro writes a number of any size. */
function long(value: number | bigint): number[] {
  const wanted = BigInt(value);
  const bytes: number[] = [];
  let rest = wanted < 0 ? -2n * wanted - 1n : 2n * wanted;
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return [...bytes, Number(rest)];
}

const growth = (): (() => number) => {
  const before = process.resourceUsage().maxRSS;
  return () => (process.resourceUsage().maxRSS - before) * 1_024;
};

describe('a payload of AWS Glue that unpacks to more than it is', () => {
  const server = new Glue();
  let endpoint = '';
  beforeAll(async () => {
    endpoint = await server.listen();
  });
  afterAll(() => server.close());
  const codec = (more = {}): DataCodec => {
    const credentials = { accessKeyId: 'a', secretAccessKey: 's' };
    const registry = glueRegistry({ region: 'eu-central-1', endpoint, credentials, compression: 'zlib', ...more });
    return jsonSchema({ schemas: { placed: anyJson }, registry });
  };
  const bomb = async (bytes: number): Promise<Buffer> => {
    const head = (await encoded(codec(), {})).subarray(0, 18);
    return Buffer.concat([head, deflateSync(Buffer.alloc(bytes, ' '))]);
  };

  it('is undecodable beyond maxUnpackedBytes, and takes no more memory than that meanwhile', async () => {
    const packed = await bomb(192 * megabyte);
    const grown = growth();
    for (let again = 0; again < 4; again++)
      await expect(decoded(codec(), packed)).rejects.toMatchObject({
        code: 'undecodable',
        message: expect.stringMatching(/unpacks to more than 16777216 bytes. Raise maxUnpackedBytes/),
      });
    expect(grown()).toBeLessThan(128 * megabyte);
    await expect(decoded(codec({ maxUnpackedBytes: '1kb' }), await bomb(1_025))).rejects.toThrow(
      'more than 1024 bytes',
    );
  });

  it('is read up to the limit exactly, and not written beyond it', async () => {
    const text = 'a'.repeat(1_022);
    const small = codec({ maxUnpackedBytes: 1_024 });
    expect(await decoded(small, await encoded(codec(), text))).toBe(text);
    await expect(encoded(small, `${text}a`)).rejects.toMatchObject({
      code: 'event-too-large',
      message: expect.stringContaining('Raise maxUnpackedBytes'),
    });
  });

  it('is one dead letter, and the events behind it are handled', async () => {
    const packed = await bomb(64 * megabyte);
    const sent = codec();
    const writer: DataCodec = {
      ...sent,
      encode: (data, about) =>
        data === 'bomb' ? { bytes: packed, contentType: String(sent.contentTypes[0]) } : sent.encode(data, about),
    };
    const topic = defineTopic('orders', { events: { placed: anything }, key: () => 'k', partitions: 1, codec: writer });
    await using streams = await createStreams({ adapter: createMemory(), topics: [topic] });
    for (const data of ['before', 'bomb', 'behind']) await streams.producer(topic).send({ type: 'placed', data });
    const seen: unknown[] = [];
    const consumer = streams.consumer(topic, { group: 'g' });
    const running = consumer.run(({ data }) => void seen.push(data));
    await expect.poll(() => seen).toEqual(['before', 'behind']);
    await consumer.close();
    await running;
    const letters: unknown[] = [];
    for await (const { error } of streams.deadLetters(topic, { group: 'g' })) letters.push([error.code, error.message]);
    expect(letters).toEqual([['undecodable', expect.stringContaining('maxUnpackedBytes')]]);
  });

  it.each([0, -1, '3gb', 'much'])('refuses maxUnpackedBytes: %j', (maxUnpackedBytes) => {
    expect(() => codec({ maxUnpackedBytes })).toThrow(expect.objectContaining({ code: 'invalid-config' }));
  });
});

describe('bytes of Avro that claim more items than they hold', () => {
  const many = long(2n ** 50n);
  const claims: readonly (readonly [string, unknown, readonly number[], RegExp])[] = [
    ['items of an array', { type: 'array', items: 'long' }, [...many, 2, 4], /truncated/],
    ['entries of a map', { type: 'map', values: 'long' }, [...many, 2, 97, 4], /truncated/],
    [
      'items with the size of their block',
      { type: 'array', items: 'string' },
      [...long(-(2n ** 50n)), 4, 2, 97],
      /truncated/,
    ],
    ['a block that goes backwards', { type: 'array', items: 'string' }, [1, ...long(-2), 2, 97, 0], /negative length/],
    ['a text of negative length', { type: 'array', items: 'string' }, [2, ...long(-1), 0], /negative length/],
    ['a block of another size', { type: 'array', items: 'long' }, [1, 6, 2, 0], /not as long as they say/],
    ['items that take no bytes', { type: 'array', items: 'null' }, [...many, 0], /more than 10000 items/],
    [
      'records without fields',
      { type: 'array', items: { type: 'record', name: 'E', fields: [] } },
      [...many, 0],
      /more than 10000 items/,
    ],
    [
      'empty items in many arrays',
      { type: 'array', items: { type: 'array', items: 'null' } },
      [4, ...long(9_000), 0, ...long(9_000), 0, 0],
      /more than 10000 items/,
    ],
    ['items in a union', ['null', { type: 'array', items: 'int' }], [2, ...many, 2], /truncated/],
    ['no branch of a union', ['null', { type: 'array', items: 'int' }], [...long(7), 2], /union/],
    [
      'a number without an end',
      { type: 'array', items: 'long' },
      [2, ...Array<number>(12).fill(255), 0, 0],
      /without an end/,
    ],
  ];

  it.each(claims)('is undecodable at once: %s', async (_, type, bytes, problem) => {
    const codec = avro({ schemas: { placed: record(type) } });
    await expect(decoded(codec, Uint8Array.from(bytes))).rejects.toMatchObject({
      code: 'undecodable',
      message: expect.stringMatching(problem),
    });
  });

  it.each(claims)('also where the reader drops the field: %s', async (_, type, bytes) => {
    const server = new Registry();
    const registry = () => confluentRegistry({ url });
    const url = await server.listen();
    const writer = avro({ schemas: { placed: record(type) }, registry: registry() });
    const empty = Array.isArray(type) ? null : JSON.stringify(type).includes('"map"') ? {} : [];
    const start = (await encoded(writer, { lines: empty })).subarray(0, 5);
    const reader = avro({ schemas: { placed: { type: 'record', name: 'Placed', fields: [] } }, registry: registry() });
    await expect(decoded(reader, Buffer.concat([start, Uint8Array.from(bytes)]))).rejects.toMatchObject({
      code: 'undecodable',
    });
    await server.close();
  });

  it('and what really holds them is read as before: blocks with and without their size, maps, unions, fixed, logical types', async () => {
    const item = {
      type: 'record',
      name: 'Line',
      fields: [
        { name: 'count', type: 'int' },
        { name: 'price', type: { type: 'bytes', logicalType: 'decimal', precision: 9 } },
        { name: 'hash', type: { type: 'fixed', name: 'Hash', size: 2 } },
        { name: 'kind', type: { type: 'enum', name: 'Kind', symbols: ['A', 'B'] } },
        { name: 'ratio', type: ['null', 'double', 'float', 'boolean', { type: 'map', values: 'string' }] },
      ],
    };
    const schema = record({ type: 'array', items: item }) as Schema;
    const type = avsc.Type.forSchema(schema);
    const codec = avro({ schemas: { placed: schema } });
    for (let again = 0; again < 300; again++) {
      const value: unknown = type.random();
      expect(await decoded(codec, type.toBuffer(value))).toEqual(type.fromBuffer(type.toBuffer(value)));
    }
    const numbers = avro({ schemas: { placed: record({ type: 'array', items: 'long' }) } });
    expect(await decoded(numbers, Uint8Array.of(3, 4, 2, 4, 2, 6, 0))).toEqual({ lines: [1, 2, 3] });
    const nulls = avro({ schemas: { placed: record({ type: 'array', items: 'null' }) } });
    expect(await decoded(nulls, await encoded(nulls, { lines: [null, null] }))).toEqual({ lines: [null, null] });
    await expect(encoded(nulls, { lines: Array(10_001).fill(null) })).rejects.toThrow('more than 10000 items');
  });
});

describe('data that is nested too deeply', () => {
  const server = new Registry();
  let url = '';
  beforeAll(async () => {
    url = await server.listen();
  });
  afterAll(() => server.close());
  const tree = { type: 'record', name: 'Tree', fields: [{ name: 'inner', type: ['null', 'Tree'], default: null }] };
  const message = oneMessage('Tree', [field('inner', 1, Type.MESSAGE, { typeName: '.Tree' })]);
  const codecs: readonly (readonly [string, number, () => DataCodec])[] = [
    ['json-schema', 1_000, () => jsonSchema({ schemas: { placed: anyJson }, registry: confluentRegistry({ url }) })],
    ['avro', 1_000, () => avro({ schemas: { placed: tree } })],
    [
      'avro with a registry',
      1_000,
      () => avro({ schemas: { placed: tree }, registry: confluentRegistry({ url, subject: 'record' }) }),
    ],
    ['protobuf', 100, () => protobuf({ messages: { placed: message } })],
  ];
  const nested = (levels: number, leaf: unknown): unknown => {
    let data = leaf;
    for (let level = 1; level < levels; level++) data = { inner: data };
    return data;
  };
  const leafOf = (name: string) => (name.startsWith('avro') ? { inner: null } : {});

  it.each(codecs)('is refused as it is sent, and what is less deep is read: %s', async (name, most, codec) => {
    const read = await decoded(codec(), await encoded(codec(), nested(most, leafOf(name))));
    expect(JSON.stringify(read)).toBe(JSON.stringify(nested(most, leafOf(name))));
    for (const levels of [most + 2, 5_000, 100_000]) {
      const sending = Promise.resolve().then(() => encoded(codec(), nested(levels, leafOf(name))));
      await expect(sending).rejects.toBeInstanceOf(Error);
    }
  });

  /** A message of 5,000 levels, built from within. */
  const deepMessage = (): Buffer => {
    let bytes = Buffer.alloc(0);
    for (let level = 0; level < 5_000; level++) {
      const length: number[] = [];
      let rest = bytes.byteLength;
      for (; rest > 127; rest = Math.floor(rest / 128)) length.push((rest % 128) + 128);
      bytes = Buffer.concat([Buffer.of(10, ...length, rest), bytes]);
    }
    return bytes;
  };
  const stored: Readonly<Record<string, () => Buffer>> = {
    'json-schema': () => Buffer.from('['.repeat(5_000) + ']'.repeat(5_000)),
    avro: () => Buffer.concat([Buffer.alloc(5_000, 2), Buffer.of(0)]),
    'avro with a registry': () => Buffer.concat([Buffer.alloc(5_000, 2), Buffer.of(0)]),
    protobuf: deepMessage,
  };

  it.each(codecs)('is undecodable where somebody stored it: %s', async (name, most, codec) => {
    const hasId = name === 'json-schema' || name.endsWith('registry');
    const head = hasId ? (await encoded(codec(), leafOf(name))).subarray(0, 5) : Buffer.alloc(0);
    const bytes = Buffer.concat([head, stored[name]?.() ?? head]);
    await expect(decoded(codec(), bytes)).rejects.toMatchObject({
      code: 'undecodable',
      message: expect.stringContaining(`nested deeper than ${most} levels`),
    });
  });
});

it('an answer of a registry that unpacks to gigabytes is as none: unavailable', async () => {
  const packed = gzipSync(Buffer.alloc(192 * megabyte, ' '));
  const server = createServer((_, response) =>
    response.writeHead(200, { 'content-encoding': 'gzip', 'content-type': 'application/json' }).end(packed),
  ).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  const codec = jsonSchema({
    schemas: { placed: anyJson },
    registry: confluentRegistry({ url, requestTimeoutMs: 60_000 }),
  });
  const grown = growth();
  await expect(encoded(codec, {})).rejects.toMatchObject({ code: 'unavailable', retryable: true });
  expect(grown()).toBeLessThan(128 * megabyte);
  server.closeAllConnections();
  server.close();
});
