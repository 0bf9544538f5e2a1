import { appendFileSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConverter, Num, Struct, type Typed, type Value } from '@isostream/connect';
import { createStreams, defineTopic } from '@isostream/core';
import { createMemory } from '@isostream/memory';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { all, place } from './support/every-kind.ts';
import { plan, worker } from './support/files.ts';
import { Registry } from './support/registry.ts';
import { runUntil, storedIn } from './support/run.ts';

type Schema = NonNullable<Typed['schema']>;

// A bound for hangs, not a measure.
const hang = { timeout: 50_000 };
const registry = new Registry();
beforeAll(() => registry.start());
afterAll(() => registry.close());
afterEach(() => {
  registry.refusals = 0;
  registry.refuses = undefined;
});

const target = { topic: 'rides', part: 'value' } as const;
const byLatest = { 'auto.register.schemas': 'false', 'use.latest.version': 'true' };

async function written(
  typed: Typed,
  more: Record<string, string> = {},
  to: { topic: string; part: 'key' | 'value' } = target,
): Promise<Uint8Array | null> {
  const converter = createConverter('AvroConverter', { 'schema.registry.url': registry.url, ...more });
  await converter.prepareWrite?.(typed, to);
  return converter.write(typed, to);
}

async function readBack(bytes: Uint8Array | null): Promise<Typed> {
  const converter = createConverter('AvroConverter', { 'schema.registry.url': registry.url });
  await converter.prepare?.(bytes);
  return converter.read(bytes);
}

const whole: Schema = {
  type: 'struct',
  name: 'shop.All',
  version: 2,
  doc: 'all kinds',
  fields: all.map(([name, schema]) => ({ name, schema })),
};

/** Values that compare: structs as their entries. */
function plain(value: Value): unknown {
  if (value instanceof Struct) return Object.fromEntries([...value.values].map(([name, of]) => [name, plain(of)]));
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  return Array.isArray(value) ? value.map(plain) : value;
}

describe('the Avro converter of a source', () => {
  it('registers the schema of what it writes, and reads it back as it was', async () => {
    const struct = new Struct(whole, new Map(all.map(([name, , value]) => [name, value])));
    const read = await readBack(await written({ schema: whole, value: struct }));
    expect(plain(read.value)).toEqual(plain(struct));
    expect(read.schema).toMatchObject({ type: 'struct', name: 'shop.All', version: 2, doc: 'all kinds' });
    const shape = (schema: Schema | null): unknown =>
      schema?.fields?.map(({ name, schema: of }) => [name, of.type, of.name, of.optional === true, of.default]);
    expect(shape(read.schema)).toEqual(shape(whole));
    expect(registry.subjects.get('rides-value')).toHaveLength(1);
  });

  it.each([
    [{ 'value.subject.name.strategy': 'io.confluent.kafka.serializers.subject.RecordNameStrategy' }, 'shop.Place'],
    [{ 'value.subject.name.strategy': 'TopicRecordNameStrategy' }, 'rides-shop.Place'],
  ])('files schemas as its strategy says: %o', async (more, subject) => {
    await written({ schema: place, value: new Struct(place, new Map([['zip', '1']])) }, more);
    expect(registry.subjects.has(subject)).toBe(true);
  });

  it('leaves null a tombstone, and puts the default of a schema for it', async () => {
    expect(await written({ schema: null, value: null })).toBeNull();
    expect(await written({ schema: { type: 'string', optional: true }, value: null })).toBeNull();
    const otherwise = await written({ schema: { type: 'string', default: 'x' }, value: null });
    expect((await readBack(otherwise)).value).toBe('x');
  });

  it('writes maps without a schema by the newest of the subject, with its defaults', async () => {
    const fields = [
      { name: 'driver', type: 'long' },
      { name: 'rating', type: ['null', 'double'], default: null },
      { name: 'kind', type: { type: 'enum', name: 'Kind', symbols: ['CAR', 'VAN'] }, default: 'CAR' },
      { name: 'next', type: ['null', 'Ride'], default: null },
      { name: 'day', type: { type: 'int', logicalType: 'date' }, default: 0 },
    ];
    const { next: _, ...flat } = Object.fromEntries(fields.map((field) => [field.name, field]));
    registry.register('latest-value', JSON.stringify({ type: 'record', name: 'Old', fields: [] }));
    registry.register('latest-value', JSON.stringify({ type: 'record', name: 'Ride', fields: Object.values(flat) }));
    const to = { topic: 'latest', part: 'value' } as const;
    const value = new Map<Value, Value>([
      ['driver', 7n],
      ['rating', 4.5],
    ]);
    const read = await readBack(await written({ schema: null, value }, byLatest, to));
    expect(plain(read.value)).toEqual({ driver: 7n, rating: 4.5, kind: 'CAR', day: new Date(0) });
    const missing = written({ schema: null, value: new Map() }, byLatest, to);
    await expect(missing).rejects.toThrow('the record has no driver');
    const more = new Map<Value, Value>([...value, ['color', 'red']]);
    await expect(written({ schema: null, value: more }, byLatest, to)).rejects.toThrow(
      'the record has color, which the Avro schema Ride does not have',
    );
    const wrong = new Map<Value, Value>([['driver', 'seven']]);
    await expect(written({ schema: null, value: wrong }, byLatest, to)).rejects.toThrow(
      'the field driver is string, and its Avro schema says long',
    );
  });

  it.each<readonly [string, Typed, Record<string, string>, string]>([
    ['without a schema', { schema: null, value: 1n }, {}, 'use.latest.version=true'],
    ['whose subject has none', { schema: null, value: 1n }, byLatest, 'the subject none-value has no Avro schema'],
    [
      'that is null where its schema requires one',
      { schema: place, value: null },
      { 'auto.register.schemas': 'false' },
      'requires one',
    ],
    [
      'whose schema is not registered',
      { schema: { type: 'string' }, value: 'a' },
      { 'auto.register.schemas': 'false' },
      'Register it, or set auto.register.schemas=true',
    ],
    [
      'with a name that Avro does not allow',
      { schema: { ...whole, fields: [{ name: 'a-b', schema: { type: 'string' } }] }, value: new Map() },
      {},
      'Rename it with ReplaceField',
    ],
  ])('says what is wrong with a record %s', async (_, typed, more, message) => {
    await expect(written(typed, more, { topic: 'none', part: 'value' })).rejects.toThrow(message);
  });

  it('says why the registry refuses a schema, and asks again', async () => {
    registry.refuses = [409, { error_code: 409, message: 'incompatible with an earlier schema' }];
    const converter = createConverter('AvroConverter', { 'schema.registry.url': registry.url });
    const typed: Typed = { schema: { type: 'string' }, value: 'a' };
    await converter.prepareWrite?.(typed, target);
    expect(() => converter.write(typed, target)).toThrow('refuses the schema with 409');
    registry.refuses = undefined;
    // Not for each record: a registry is not asked as often as there are bad ones.
    expect(converter.prepareWrite?.(typed, target)).toBeUndefined();
    await vi.waitFor(() => expect(converter.prepareWrite?.(typed, target)).toBeDefined(), hang);
    await vi.waitFor(() => expect(converter.write(typed, target)).toHaveLength(7), hang);
    expect(converter.prepareWrite?.(typed, target)).toBeUndefined();
  });

  it('asks for the newest schema again once a value does not fit the one that it has', async () => {
    const to = { topic: 'newer', part: 'value' } as const;
    registry.register('newer-value', '"string"');
    const converter = createConverter('AvroConverter', { 'schema.registry.url': registry.url, ...byLatest });
    const typed: Typed = { schema: null, value: 1n };
    await converter.prepareWrite?.(typed, to);
    registry.register('newer-value', '"long"');
    const isWritten = async (): Promise<void> => {
      await converter.prepareWrite?.(typed, to);
      expect(converter.write(typed, to)).toHaveLength(6);
    };
    await vi.waitFor(isWritten, hang);
  });

  it('names structs without a name as Confluent’s converter does, each with a name of its own', async () => {
    const inner: Schema = { type: 'struct', fields: [{ name: 'line', schema: { type: 'string' } }] };
    const fields = ['a', 'b'].map((name) => ({ name, schema: inner }));
    const outer: Schema = { type: 'struct', fields };
    const line = new Struct(inner, new Map([['line', 'x']]));
    const value = new Struct(
      outer,
      new Map([
        ['a', line],
        ['b', line],
      ]),
    );
    const bytes = await written({ schema: outer, value }, {}, { topic: 'nameless', part: 'value' });
    expect(plain((await readBack(bytes)).value)).toEqual({ a: { line: 'x' }, b: { line: 'x' } });
    const [schema = ''] = registry.subjects.get('nameless-value') ?? [];
    const ns = 'io.confluent.connect.avro';
    expect(JSON.parse(schema)).toMatchObject({
      ...{ name: 'ConnectDefault', namespace: ns },
      fields: [{ type: { name: 'ConnectDefault2', namespace: ns } }, { type: `${ns}.ConnectDefault2` }],
    });
  });

  it('says that a record has no namespace inside of one that has, and leaves out a default that JSON has not', async () => {
    const nan = { type: 'float32', default: new Num('float32', Number.NaN) } as const;
    const inner: Schema = { type: 'struct', name: 'Inner', fields: [{ name: 'x', schema: nan }] };
    const outer: Schema = { type: 'struct', name: 'shop.Outer', fields: [{ name: 'a', schema: inner }] };
    const value = new Struct(outer, new Map([['a', new Struct(inner, new Map([['x', new Num('float32', 1)]]))]]));
    const bytes = await written({ schema: outer, value }, {}, { topic: 'spaces', part: 'value' });
    expect(plain((await readBack(bytes)).value)).toEqual({ a: { x: new Num('float32', 1) } });
    const [schema = ''] = registry.subjects.get('spaces-value') ?? [];
    const parsed: unknown = JSON.parse(schema);
    const type = { type: 'record', name: 'Inner', namespace: '', fields: [{ name: 'x', type: 'float' }] };
    expect(parsed).toMatchObject({ fields: [{ name: 'a', type }] });
  });

  const text: Typed = { schema: { type: 'string' }, value: 'a' };
  const looksUp = { 'auto.register.schemas': 'false' };

  it.each<readonly [string, number, object, Record<string, string>]>([
    ['404 of a proxy', 404, {}, {}],
    ['404 of a proxy', 404, { error_code: 404, message: 'HTTP 404 Not Found' }, looksUp],
    ['404 of a proxy', 404, {}, byLatest],
    ['422 of a proxy', 422, {}, {}],
    ['400 of a proxy', 400, { message: 'bad gateway' }, {}],
    ['409 without a code', 409, {}, {}],
    ['a registry that is read-only for now', 422, { error_code: 42205 }, {}],
    ['a registry that starts', 500, { error_code: 50003 }, {}],
    ['an answer without an id', 200, {}, {}],
    ['an answer without an id', 200, {}, byLatest],
    ['an answer without a schema', 200, { id: 1 }, byLatest],
  ])('waits, and loses nothing: %s', async (_, status, answer, more) => {
    registry.refuses = [status, answer];
    await expect(written(text, more)).rejects.toMatchObject({ name: 'TargetUnavailable' });
    registry.refuses = undefined;
    registry.register('rides-value', '"string"');
    expect(await written(text, more)).toHaveLength(7);
  });

  it.each<readonly [number, object, Record<string, string>, string]>([
    [422, { error_code: 42201, message: 'Invalid schema' }, {}, 'refuses the schema with 422'],
    [400, { error_code: 400 }, {}, 'refuses the schema with 400'],
    [413, {}, {}, 'refuses the schema with 413'],
    [404, { error_code: 40401 }, {}, 'has nowhere to register'],
    [404, { error_code: 40403 }, looksUp, 'Register it, or set auto.register.schemas=true'],
  ])('says what the registry has against a schema: %i %o', async (status, answer, more, message) => {
    registry.refuses = [status, answer];
    await expect(written(text, more)).rejects.toThrow(message);
    await expect(written(text, more)).rejects.toMatchObject({ name: 'DataError' });
  });

  it('writes the lines of a file once the registry is back, and skips what it cannot write', async () => {
    const topic = defineTopic('rides', { raw: true, partitions: 1 });
    const streams = await createStreams({ adapter: createMemory(), topics: [topic] });
    const file = join(mkdtempSync(join(tmpdir(), 'isostream-avro-')), 'rides.txt');
    appendFileSync(file, 'one\nbad\ntwo\n');
    const known = { type: 'enum', name: 'Known', symbols: ['one', 'two'] };
    registry.register(
      'rides-value',
      JSON.stringify({ type: 'record', name: 'Line', fields: [{ name: 'line', type: known }] }),
    );
    registry.refusals = 2;
    const said: string[] = [];
    const files = await plan(`${worker}offset.storage.file.filename=${file}.offsets\n`, [
      `name=lines
connector.class=FileStreamSource
file=${file}
topic=rides
transforms=hoist
transforms.hoist.type=org.apache.kafka.connect.transforms.HoistField$Value
transforms.hoist.field=line
value.converter=AvroConverter
value.converter.schema.registry.url=${registry.url}
value.converter.auto.register.schemas=false
value.converter.use.latest.version=true
errors.tolerance=all
errors.log.enable=true`,
    ]);
    await runUntil(files, streams, async () => expect(await storedIn(streams, 'rides')).toHaveLength(2), {
      say: (line) => void said.push(line),
    });
    const lines = await Promise.all(
      (await storedIn(streams, 'rides')).map(async ({ value }) => {
        const read = (await readBack(value === null ? null : Buffer.from(value))).value;
        return read instanceof Struct ? read.values.get('line') : undefined;
      }),
    );
    expect(lines).toEqual(['one', 'two']);
    expect(said.join('\n')).toContain('the schema registry answers 503');
    expect(
      said.filter((each) => each.includes('the field line is string, and its Avro schema says enum')),
    ).toHaveLength(1);
    await streams.close();
  });
});
