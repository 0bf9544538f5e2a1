import { GlueSchemaRegistry, SchemaType } from '@meinestadt.de/glue-schema-registry';
import { createStreams, type DataCodec, defineTopic, plain } from '@isostream/core';
import { type GlueServer, startGlue } from '@isostream/emulators';
import { createMemory } from '@isostream/memory';
import avsc, { type Schema } from 'avsc';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { avro } from '../../src/codecs/avro.ts';
import { jsonSchema } from '../../src/codecs/json-schema.ts';
import { type GlueOptions, glueRegistry } from '../../src/registries/glue.ts';
import { decoded, encoded } from '../support/coding.ts';
import { Gateway } from '../support/gateway.ts';
import { glueInPython } from '../support/glue-python.ts';

const placed: Schema = {
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
};
const order = { orderId: 'späť', total: 2 ** 40, note: null };
const anything = { '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) } } as const;

let server: GlueServer;
let topic: string;
let topics = 0;

beforeAll(async () => {
  server = await startGlue();
}, 300_000);
afterAll(() => server.stop());
beforeEach(() => {
  topic = `orders-${topics++}`;
});

const registry = (more: GlueOptions = {}) => {
  const { region, url: endpoint, credentials } = server;
  return glueRegistry({ region, endpoint, credentials, ...more });
};
const avroCodec = (more: GlueOptions = {}): DataCodec => avro({ schemas: { placed }, registry: registry(more) });

describe('the bytes are those of', () => {
  it.each(['none', 'zlib'] as const)(
    'the npm client of meinestadt, and each reads what the other wrote: compression %s',
    async (compression) => {
      const { region, url: endpoint, credentials } = server;
      const theirs = new GlueSchemaRegistry('default-registry', { region, endpoint, credentials });
      const ours = await encoded(avroCodec({ compression }), order, topic);
      const schema = JSON.stringify(placed);
      const id = await theirs.register({ schemaName: topic, type: SchemaType.AVRO, schema });
      const written = await theirs.encode(id, order, { compress: compression === 'zlib' });
      expect(written.toString('hex')).toBe(ours.toString('hex'));
      const type = avsc.Type.forSchema(placed);
      expect(await theirs.decode(ours, type)).toMatchObject(order);
      expect(await decoded(avroCodec(), written, [], topic)).toEqual(order);
    },
  );

  it.each([
    ['AVRO', avroCodec, placed],
    ['JSON', () => jsonSchema({ schemas: { placed: placedJson }, registry: registry() }), placedJson],
  ] as const)('the Python client, and each reads what the other wrote: %s', async (type, codec, schema) => {
    const data = type === 'AVRO' ? order : { orderId: 'a', total: 7 };
    const theirs = await glueInPython(server, 'write', topic, { type, schema: JSON.stringify(schema), data });
    expect(await decoded(codec(), Buffer.from(String(theirs), 'hex'), [], topic)).toEqual(data);
    const ours = await encoded(codec({ schemas: 'latest' }), data, topic);
    expect(ours.toString('hex', 0, 18)).toBe(String(theirs).slice(0, 36));
    expect(await glueInPython(server, 'read', topic, { bytes: ours.toString('hex') })).toEqual(data);
    // Python puts a space behind each colon.
    if (type === 'AVRO') expect(ours.toString('hex')).toBe(theirs);
  });
});

it('while Glue is frozen, sends and stored events wait; nothing is lost, nothing dead-lettered', async () => {
  await using gateway = await Gateway.before(server.url);
  const impatient = { endpoint: gateway.url, requestTimeoutMs: 200 };
  const orders = defineTopic(topic, {
    events: { placed: anything },
    key: () => 'k',
    partitions: 1,
    format: plain({ type: 'placed' }),
    codec: avroCodec(impatient),
  });
  await using streams = await createStreams({ adapter: createMemory(), topics: [orders] });
  server.server.pause();
  const waiting = streams.producer(orders).send({ type: 'placed', data: order });
  const late = streams.producer(orders, { deliveryTimeout: 500 }).send({ type: 'placed', data: order });
  await expect(late).rejects.toMatchObject({ code: 'timeout', outcome: 'not-written' });
  server.server.resume();
  await waiting;

  server.server.pause();
  const before = gateway.requests.length;
  const seen: unknown[] = [];
  const consumer = streams.consumer(
    { ...orders, codec: avroCodec(impatient) },
    { group: 'g', retry: { attempts: 1, backoff: { initial: 10, max: 20 } } },
  );
  const running = consumer.run((event, { attempt }) => void seen.push([event.data, attempt]));
  await expect.poll(() => gateway.requests.length, { timeout: 60_000 }).toBeGreaterThan(before + 2);
  expect(seen).toEqual([]);
  server.server.resume();
  await expect.poll(() => seen, { timeout: 60_000 }).toEqual([[order, 1]]);
  await consumer.close();
  await running;
  for await (const letter of streams.deadLetters(orders, { group: 'g' })) expect(letter).toBeUndefined();
});
