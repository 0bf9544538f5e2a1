import {
  cloudEvents,
  type DataCodec,
  type DeadLetter,
  defineTopic,
  type Format,
  json,
  plain,
  type Streams,
} from '@isostream/core';
import { expect } from 'vitest';
import { z } from 'zod';
import { avro } from '../../src/codecs/avro.ts';
import { jsonSchema } from '../../src/codecs/json-schema.ts';
import { protobuf } from '../../src/codecs/protobuf.ts';
import { confluentRegistry } from '../../src/registries/confluent.ts';
import { type GlueOptions, glueRegistry } from '../../src/registries/glue.ts';
import { azureRegistry } from '../../src/registries/azure.ts';
import { AzureServer } from './azure.ts';
import { Glue } from './glue.ts';
import { field, oneMessage, Type } from './proto-files.ts';
import { Registry } from './registry.ts';

// One service in every codec and format: only `codec` and `format` of its topic differ.
const events = {
  placed: z.object({ orderId: z.string(), total: z.number(), note: z.string().nullish() }),
  cancelled: z.object({ orderId: z.string(), why: z.string() }),
};
const sent = Array.from({ length: 12 }, (_, index) => {
  const orderId = `o${index % 3}`;
  return index % 4 === 3
    ? ({ type: 'cancelled', id: `e${index}`, data: { orderId, why: 'späť' } } as const)
    : ({ type: 'placed', id: `e${index}`, data: { orderId, total: 2 ** 40 + index, note: 'ключ' } } as const);
});

const text = { type: 'string' };
const records = {
  placed: {
    type: 'record',
    name: 'Placed',
    fields: [
      { name: 'orderId', ...text },
      { name: 'total', type: 'long' },
      { name: 'note', type: ['null', 'string'], default: null },
    ],
  },
  cancelled: {
    type: 'record',
    name: 'Cancelled',
    fields: [
      { name: 'orderId', ...text },
      { name: 'why', ...text },
    ],
  },
};
const messages = {
  placed: oneMessage('Placed', [
    field('order_id', 1, Type.STRING),
    field('total', 2, Type.INT64),
    field('note', 3, Type.STRING),
  ]),
  cancelled: oneMessage('Cancelled', [field('order_id', 1, Type.STRING), field('why', 2, Type.STRING)]),
};
const schemas = {
  placed: {
    type: 'object',
    properties: { orderId: text, total: { type: 'integer' }, note: text },
    required: ['orderId'],
  },
  cancelled: { type: 'object', properties: { orderId: text, why: text } },
};

const formats: Readonly<Record<string, Format>> = {
  cloudevents: cloudEvents(),
  plain: plain({ type: { header: 'kind' }, id: { header: 'message' } }),
};

function codecs(url: string, endpoint: string, namespace: string): Readonly<Record<string, DataCodec>> {
  const registry = confluentRegistry({ url, subject: (schema, { topic, type }) => `${topic}-${type}-${schema.type}` });
  const inHeader = confluentRegistry({
    url,
    subject: ({ type }, about) => `${about.type}-${type}`,
    schemaId: 'header',
  });
  const glue = (more: GlueOptions) =>
    glueRegistry({
      region: 'eu-central-1',
      endpoint,
      credentials: { accessKeyId: 'a', secretAccessKey: 's' },
      schemaName: (schema, { topic, type }) => `${topic}-${type}-${schema.type}`,
      ...more,
    });
  const azure = azureRegistry({
    namespace,
    credential: { getToken: () => Promise.resolve({ token: 'right' }) },
    group: 'shop',
    schemaName: (schema, { topic, type }) => `${topic}-${type}-${schema.type}`,
  });
  return {
    json: json(),
    avro: avro({ schemas: records }),
    'avro-registry': avro({ schemas: records, registry }),
    protobuf: protobuf({ messages }),
    'protobuf-registry': protobuf({ messages, registry }),
    'json-registry': jsonSchema({ schemas, registry }),
    'avro-header': avro({ schemas: records, registry: inHeader }),
    'protobuf-header': protobuf({ messages, registry: inHeader }),
    'avro-glue': avro({ schemas: records, registry: glue({ compression: 'zlib' }) }),
    'protobuf-glue': protobuf({ messages, registry: glue({}) }),
    'avro-azure': avro({ schemas: records, registry: azure }),
    'json-azure': jsonSchema({ schemas, registry: azure }),
    'json-glue': jsonSchema({ schemas, registry: glue({}) }),
  };
}

/** Bytes that nobody can read, under the media type of the codec. */
function broken({ contentTypes: [contentType = ''] }: DataCodec): DataCodec {
  const bytes = Uint8Array.of(0xff, 0xfe, 0xfd, 0xff, 0xff, 0xff);
  const encode: DataCodec['encode'] = (_, { type }) => ({
    bytes: type === 'placed' ? bytes : Buffer.from('{}'),
    contentType,
  });
  return { name: 'broken', contentTypes: [contentType], encode, decode: () => undefined };
}

/**
 * Every codec in every format, on whatever provider: all events come back as they were and in order, bytes that nobody can read are a
 * letter with the reason, and an event of another type is skipped, as the consumer was told. How many topics there were.
 */
export async function playEveryCodec(connect: Connect): Promise<number> {
  const confluent = new Registry();
  const glue = new Glue();
  const azure = new AzureServer();
  try {
    return await playAll(connect, codecs(await confluent.listen(), await glue.listen(), await azure.listen()));
  } finally {
    await Promise.all([confluent.close(), glue.close(), azure.close()]);
  }
}

async function playAll(connect: Connect, made: Readonly<Record<string, DataCodec>>): Promise<number> {
  const topics = Object.entries(formats).flatMap(([format, how]) =>
    Object.entries(made).map(([codec, what]) => topicOf(`${format}-${codec}-${Date.now()}`, how, what)),
  );
  await using streams = await connect(topics);
  await Promise.all(topics.map((topic) => play(streams, topic)));
  return topics.length;
}

type Connect = (topics: readonly ReturnType<typeof topicOf>[]) => Promise<Streams>;

function topicOf(name: string, format: Format, codec: DataCodec) {
  return defineTopic(name, { events, key: ({ data }) => data?.orderId ?? 'none', partitions: 1, format, codec });
}

async function play(streams: Streams, topic: ReturnType<typeof topicOf>): Promise<void> {
  const { name, format = cloudEvents(), codec = json() } = topic;
  const foreign = defineTopic(name, {
    events: { placed: z.unknown(), lost: z.unknown() },
    key: () => 'foreign',
    partitions: 1,
    format,
    codec: broken(codec),
  });
  await streams.producer(foreign).send({ type: 'lost', data: {} });
  await streams.producer(foreign).send({ type: 'placed', id: 'broken', data: {} });
  const results = await streams.producer(topic).sendBatch(sent);
  expect(
    results.filter(({ ok }) => !ok),
    name,
  ).toEqual([]);

  const seen: unknown[] = [];
  const consumer = streams.consumer(topic, { group: 'g', onUnknownType: 'skip', retry: { attempts: 1 } });
  const running = consumer.run(({ type, id, data }) => void seen.push({ type, id, data }));
  const letters: DeadLetter[] = [];
  try {
    await expect.poll(() => seen.length, { timeout: 60_000, message: name }).toBeGreaterThanOrEqual(sent.length);
    const list = async (): Promise<number> => {
      letters.length = 0;
      for await (const letter of streams.deadLetters(topic, { group: 'g' })) letters.push(letter);
      return letters.length;
    };
    await expect.poll(list, { timeout: 60_000, message: name }).toBeGreaterThanOrEqual(1);
  } finally {
    await consumer.close();
    await running;
  }
  const ofOrder = (all: readonly unknown[], order: string) =>
    all.filter((event) => JSON.stringify(event).includes(`"${order}"`));
  for (const order of ['o0', 'o1', 'o2'])
    expect(ofOrder(seen, order), `${name} ${order}`).toEqual(ofOrder(sent, order));
  expect(seen, name).toHaveLength(sent.length);
  expect(
    letters.map(({ error }) => error.code),
    name,
  ).toEqual(['undecodable']);
  expect(letters[0]?.error.message, name).toMatch(
    /data of type "placed" (?:is not valid|does not begin|has|is not|ends)|are not a CloudEvent/,
  );
}
