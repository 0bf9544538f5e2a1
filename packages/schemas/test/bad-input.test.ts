import { createStreams, type DataCodec, type DeadLetter, defineTopic, json } from '@isostream/core';
import { createMemory } from '@isostream/memory';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { avro } from '../src/codecs/avro.ts';
import { jsonSchema } from '../src/codecs/json-schema.ts';
import { protobuf } from '../src/codecs/protobuf.ts';
import { azureRegistry } from '../src/registries/azure.ts';
import { confluentRegistry, type SchemaRegistry } from '../src/registries/confluent.ts';
import { glueRegistry } from '../src/registries/glue.ts';
import { AzureServer } from './support/azure.ts';
import { encoded } from './support/coding.ts';
import { Glue } from './support/glue.ts';
import { field, oneMessage, Type } from './support/proto-files.ts';
import { Registry } from './support/registry.ts';

// docs/registries.md has these as a table: what goes wrong, its code, and what becomes of the event.
const anything = { '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) } } as const;
const text = { type: 'string' };
const placed = {
  type: 'record',
  name: 'Placed',
  fields: [
    { name: 'orderId', ...text },
    { name: 'total', type: 'long' },
  ],
};
const order = { orderId: 'a', total: 7 };

const servers = { confluent: new Registry(), glue: new Glue(), azure: new AzureServer() };
const urls = { confluent: '', glue: '', azure: '' };
beforeEach(async () => {
  Object.assign(servers, { confluent: new Registry(), glue: new Glue(), azure: new AzureServer() });
  urls.confluent = await servers.confluent.listen();
  urls.glue = await servers.glue.listen();
  urls.azure = await servers.azure.listen();
});
afterEach(() => Promise.all(Object.values(servers).map((server) => server.close())));

type Vendor = keyof typeof servers;
const vendors = ['confluent', 'glue', 'azure'] as const;
const credentials = { accessKeyId: 'a', secretAccessKey: 's' };
const credential = { getToken: () => Promise.resolve({ token: 'right' }) };
const registries: Readonly<Record<Vendor, (more?: object) => SchemaRegistry>> = {
  confluent: (more) => confluentRegistry({ url: urls.confluent, ...more }),
  glue: (more) => glueRegistry({ region: 'eu-central-1', endpoint: urls.glue, credentials, ...more }),
  azure: (more) => azureRegistry({ namespace: urls.azure, group: 'shop', credential, ...more }),
};
const avroOn = (vendor: Vendor, schema: object = placed, more: object = {}): DataCodec =>
  avro({ schemas: { placed: schema }, registry: registries[vendor](more) });

/** From now on nobody is let in. */
function lockOut(): void {
  servers.confluent.status = 403;
  servers.glue.failure = 'AccessDeniedException';
  servers.azure.required = 'Bearer somebody else';
}

/** What is stored is written by one codec and read by another: what was seen, the letters, and how the consumer ended. */
async function played(writer: DataCodec, reader: DataCodec, data: unknown, meanwhile = () => {}) {
  const of = (codec: DataCodec) =>
    defineTopic('orders', { events: { placed: anything }, key: () => 'k', partitions: 1, codec });
  await using streams = await createStreams({ adapter: createMemory(), topics: [of(writer)] });
  await streams.producer(of(writer)).send({ type: 'placed', data });
  meanwhile();
  const seen: unknown[] = [];
  const letters: DeadLetter[] = [];
  const consumer = streams.consumer(of(reader), { group: 'g', retry: { attempts: 1 } });
  const ended: unknown[] = [];
  const running = consumer.run((event) => void seen.push(event.data)).catch((error: unknown) => void ended.push(error));
  await expect
    .poll(async () => {
      letters.length = 0;
      for await (const letter of streams.deadLetters(of(reader), { group: 'g' })) letters.push(letter);
      return seen.length + letters.length + ended.length;
    })
    .toBe(1);
  await consumer.close().catch(() => undefined);
  await running;
  return { seen, letters: letters.map(({ error }) => [error.code, error.message]), ended };
}

/** Bytes as they are, under the content type of a codec. */
function bytesOf(
  codec: DataCodec,
  change: (bytes: Buffer, contentType: string) => readonly [Uint8Array, string],
): DataCodec {
  const encode: DataCodec['encode'] = (data, about) => async () => {
    const answer = codec.encode(data, about);
    const coded = typeof answer === 'function' ? await answer() : answer;
    const [bytes, contentType] = change(Buffer.from(coded.bytes), coded.contentType);
    return { bytes, contentType };
  };
  return { name: 'changed', contentTypes: codec.contentTypes, encode, decode: () => undefined };
}

describe.each(vendors)('in the registry of %s', (vendor) => {
  it('a wrong schema id is a letter: undecodable', async () => {
    const wrong = bytesOf(avroOn(vendor), (bytes, contentType) => {
      const id = { confluent: 4, glue: 17, azure: -1 }[vendor];
      const changed = Buffer.from(bytes);
      if (id > 0) changed.writeUInt8(99, id);
      return [changed, contentType.replace(/\+\w+$/, `+${'9'.repeat(32)}`)];
    });
    const { letters } = await played(wrong, avroOn(vendor), order);
    expect(letters).toEqual([['undecodable', expect.stringMatching(/does not have/)]]);
  });

  it('bytes of another schema are a letter, though they could be read: undecodable', async () => {
    const rubbish = bytesOf(avroOn(vendor), (bytes, contentType) => [
      Buffer.concat([bytes, Buffer.of(2)]),
      contentType,
    ]);
    const { letters } = await played(rubbish, avroOn(vendor), order);
    expect(letters).toEqual([['undecodable', expect.stringMatching(/trailing data.*written with another schema/)]]);
  });

  it('a schema that the own one cannot read is a letter: undecodable', async () => {
    const other = { ...placed, fields: [{ name: 'orderId', ...text }] };
    const { letters } = await played(avroOn(vendor, other), avroOn(vendor), { orderId: 'a' });
    expect(letters).toEqual([['undecodable', expect.stringContaining("which the topic's own cannot read")]]);
  });

  it('a reader who is not let in ends, and nothing is dead-lettered: unauthorized', async () => {
    const { letters, ended } = await played(avroOn(vendor), avroOn(vendor), order, lockOut);
    expect(letters).toEqual([]);
    expect(ended).toMatchObject([
      {
        code: expect.stringMatching(/^unauth/),
        message: expect.stringMatching(/Grant|Give these credentials|Check auth/),
      },
    ]);
  });

  it('a writer who is not let in fails: unauthorized', async () => {
    lockOut();
    const sending = played(avroOn(vendor), avroOn(vendor), order);
    await expect(sending).rejects.toMatchObject({ code: expect.stringMatching(/^unauth/), outcome: 'not-written' });
  });

  it('a schema that names types it lacks cannot be written with, and what was written with it is a letter', async () => {
    const lacking = { ...placed, fields: [{ name: 'price', type: 'shop.Money' }] };
    expect(() => avroOn(vendor, lacking)).toThrow(/schemas\.placed is not an Avro schema: .*shop\.Money/);
    const money = { type: 'record', name: 'shop.Money', fields: [{ name: 'cents', type: 'long' }] };
    const whole = { ...placed, fields: [{ name: 'price', type: money }] };
    const written = bytesOf(avroOn(vendor, whole), (bytes, contentType) => {
      // Somebody registered it without what it refers to.
      servers.confluent.texts[0] = JSON.stringify(lacking);
      for (const stored of [...servers.glue.versions, ...servers.azure.schemas])
        Object.assign(stored, { text: JSON.stringify(lacking) });
      return [bytes, contentType];
    });
    const { letters } = await played(written, avroOn(vendor, whole), { price: { cents: 5 } });
    expect(letters).toEqual([['undecodable', expect.stringMatching(/not one that Avro can use: .*shop\.Money/)]]);
  });

  it('a schema that holds itself is written and read', async () => {
    const tree = { type: 'record', name: 'Tree', fields: [{ name: 'inner', type: ['null', 'Tree'], default: null }] };
    const data = { inner: { inner: null } };
    expect((await played(avroOn(vendor, tree), avroOn(vendor, tree), data)).seen).toEqual([data]);
  });
});

describe('numbers beyond 2^53', () => {
  const large = { orderId: 'a', total: 2n ** 60n };
  const money = oneMessage('Placed', [field('order_id', 1, Type.STRING), field('total', 2, Type.INT64)]);
  const codecs = [
    ['avro', (longs: 'number' | 'bigint') => avro({ schemas: { placed }, longs })],
    [
      'avro with a registry',
      (longs: 'number' | 'bigint') => avro({ schemas: { placed }, longs, registry: registries.confluent() }),
    ],
    ['protobuf', (longs: 'number' | 'bigint') => protobuf({ messages: { placed: money }, longs })],
  ] as const;

  it.each(codecs)('are a letter where they are to be numbers, and nobody rounds them: %s', async (_, codec) => {
    const { letters } = await played(codec('bigint'), codec('number'), large);
    expect(letters).toEqual([['undecodable', expect.stringContaining("Give longs: 'bigint' to the codec")]]);
    expect((await played(codec('bigint'), codec('bigint'), large)).seen).toEqual([large]);
  });

  it.each(codecs)('are refused as they are sent: %s', async (_, codec) => {
    const sending = played(codec('number'), codec('number'), { orderId: 'a', total: 2 ** 60 });
    await expect(sending).rejects.toMatchObject({
      code: 'invalid-event',
      outcome: 'not-written',
      message: expect.stringMatching(/total.*(?:bigint|2\^53)/),
    });
  });
});

it('says where a value is that Avro does not take', async () => {
  const line = { type: 'record', name: 'Line', fields: [{ name: 'text', ...text }] };
  const schema = { ...placed, fields: [{ name: 'lines', type: { type: 'array', items: line } }] };
  const codec = avroOn('confluent', schema);
  await encoded(codec, { lines: [{ text: 'a' }] });
  for (const each of [codec, avro({ schemas: { placed: schema } })])
    await expect(encoded(each, { lines: [{ text: 'a' }, { text: 5 }] }).catch(String)).resolves.toMatch(
      /lines\.1\.text is 5, not of the Avro type string/,
    );
});

describe('values that have no JSON form', () => {
  const play = async (schema: z.ZodType, data: unknown) => {
    const topic = defineTopic('orders', { events: { placed: schema }, key: () => 'k', partitions: 1, codec: json() });
    await using streams = await createStreams({ adapter: createMemory(), topics: [topic] });
    await streams.producer(topic).send({ type: 'placed', data });
    const letters: string[] = [];
    const seen: unknown[] = [];
    const consumer = streams.consumer(topic, { group: 'g', retry: { attempts: 1 } });
    const running = consumer.run((event) => void seen.push(event.data));
    await expect
      .poll(async () => {
        letters.length = 0;
        for await (const { error } of streams.deadLetters(topic, { group: 'g' })) letters.push(error.code);
        return seen.length + letters.length;
      })
      .toBe(1);
    await consumer.close();
    await running;
    return { seen, letters };
  };
  const at = new Date(0);

  it('a bigint is refused as it is sent', async () => {
    await expect(play(z.object({ total: z.bigint() }), { total: 1n })).rejects.toMatchObject({
      code: 'invalid-event',
      message: expect.stringContaining('Give JSON values, or bytes'),
    });
  });

  it('a date is text when it is read: a schema for dates alone makes a letter, one that takes text too reads it', async () => {
    expect((await play(z.object({ at: z.date() }), { at })).letters).toEqual(['schema-violation']);
    expect((await play(z.object({ at: z.coerce.date() }), { at })).seen).toEqual([{ at }]);
  });

  it('a transform is stored as what goes in', async () => {
    const schema = z.object({ total: z.string().transform(Number) });
    expect((await play(schema, { total: '7' })).seen).toEqual([{ total: 7 }]);
  });
});

describe('options of codecs and registries', () => {
  it.each([
    ['protobuf({})', () => protobuf({} as never), 'messages'],
    ['protobuf without options', () => protobuf(undefined as never), 'messages'],
    ['protobuf with no message', () => protobuf({ messages: {} }), 'messages'],
    ['protobuf with what is none', () => protobuf({ messages: { placed: {} as never } }), 'messages.placed'],
    ['avro({})', () => avro({} as never), 'schemas'],
    ['avro with another name', () => avro({ schemas: { placed }, long: 'bigint' } as never), 'Did you mean longs'],
    ['avro with other longs', () => avro({ schemas: { placed }, longs: 'text' as never }), 'longs'],
    ['avro with no registry', () => avro({ schemas: { placed }, registry: {} as never }), 'confluentRegistry()'],
    ['jsonSchema({})', () => jsonSchema({} as never), 'schemas'],
    ['jsonSchema without a registry', () => jsonSchema({ schemas: { placed: {} } } as never), 'registry'],
    ['confluentRegistry({})', () => confluentRegistry({} as never), 'url'],
    ['confluentRegistry with another name', () => registries.confluent({ subjects: 'x' }), 'Did you mean subject'],
    ['confluentRegistry with half a login', () => registries.confluent({ auth: { username: 'a' } }), 'auth'],
    ['confluentRegistry with a token of two lines', () => registries.confluent({ auth: { token: 'a\nb' } }), 'auth'],
    [
      'confluentRegistry with an id of another kind',
      () => registries.confluent({ schemas: { ids: { a: '7' } } }),
      'ids.a',
    ],
    ['glueRegistry with another name', () => registries.glue({ regions: 'x' }), 'Did you mean region'],
    ['glueRegistry with another level', () => registries.glue({ compatibility: 'SOME' }), 'compatibility'],
    ['azureRegistry({})', () => azureRegistry({} as never), 'namespace'],
  ])('refuse %s as invalid-config', (_, make, named) => {
    expect(make).toThrow(expect.objectContaining({ code: 'invalid-config', message: expect.stringContaining(named) }));
  });
});
