import { createConverter, Struct, type Typed } from '@isostream/connect';
import { type SchemaRegistryServer, startSchemaRegistry } from '@isostream/emulators';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { all } from '../support/every-kind.ts';

let server: SchemaRegistryServer;
let topic: string;
let topics = 0;

beforeAll(async () => {
  server = await startSchemaRegistry();
}, 300_000);
afterAll(() => server.stop());
beforeEach(() => {
  topic = `rides-${topics++}`;
});

const looksUp = { 'auto.register.schemas': 'false' };
const byLatest = { ...looksUp, 'use.latest.version': 'true' };
const text: Typed = { schema: { type: 'string' }, value: 'a' };

const converter = (more: Record<string, string> = {}, url = server.url) =>
  createConverter('AvroConverter', { 'schema.registry.url': url, ...more });

async function written(typed: Typed, more?: Record<string, string>, url?: string): Promise<Uint8Array | null> {
  const writer = converter(more, url);
  const target = { topic, part: 'value' } as const;
  await writer.prepareWrite?.(typed, target);
  return writer.write(typed, target);
}

async function readBack(bytes: Uint8Array | null): Promise<Typed> {
  const reader = converter();
  await reader.prepare?.(bytes);
  return reader.read(bytes);
}

async function ask(path: string, method = 'GET', body?: object): Promise<unknown> {
  const headers = { 'content-type': 'application/vnd.schemaregistry.v1+json' };
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  const answer: unknown = await (await fetch(server.url + path, { method, headers, ...sent })).json();
  return answer;
}

describe('the Avro converter with Apicurio Registry', () => {
  it('registers a record of every type, writes it, and reads the same', async () => {
    const schema = {
      type: 'struct' as const,
      name: 'shop.All',
      fields: all.map(([name, of]) => ({ name, schema: of })),
    };
    const typed: Typed = { schema, value: new Struct(schema, new Map(all.map(([name, , value]) => [name, value]))) };
    const bytes = await written(typed);
    expect(await ask(`/subjects/${topic}-value/versions`)).toEqual([1]);
    // Another process finds the same id, also if it may only look it up.
    expect(await written(typed, looksUp)).toEqual(bytes);
    expect(await written(typed, byLatest)).toEqual(bytes);
    const { value } = await readBack(bytes);
    expect(value).toBeInstanceOf(Struct);
    const read = value instanceof Struct ? value.values : new Map();
    for (const [name, , expected] of all)
      if (!(expected instanceof Struct)) expect(read.get(name), name).toEqual(expected);
  });

  it('calls a record bad whose schema is not there, with what to do, and writes it once it is', async () => {
    await expect(written(text, looksUp)).rejects.toMatchObject({
      name: 'DataError',
      message: expect.stringContaining('Register it, or set auto.register.schemas=true'),
    });
    await expect(written(text, byLatest)).rejects.toMatchObject({
      name: 'DataError',
      message: expect.stringContaining('has no Avro schema. Register one'),
    });
    await ask(`/subjects/${topic}-value/versions`, 'POST', { schema: '"string"' });
    const bytes = await written(text, looksUp);
    expect(await written(text, byLatest)).toEqual(bytes);
    // The subject is there, and another schema of it is not.
    const other: Typed = { schema: { type: 'boolean' }, value: true };
    await expect(written(other, looksUp)).rejects.toThrow('has no such Avro schema');
  });

  it('calls a payload bad whose id nobody has', async () => {
    const bytes = Buffer.from('000fffffff00', 'hex');
    await expect(readBack(bytes)).rejects.toMatchObject({
      name: 'DataError',
      message: expect.stringContaining('does not have it'),
    });
  });

  it('calls a record bad whose schema breaks those before it', async () => {
    await ask(`/subjects/${topic}-value/versions`, 'POST', { schema: '"string"' });
    await ask(`/config/${topic}-value`, 'PUT', { compatibility: 'BACKWARD', compatibilityLevel: 'BACKWARD' });
    const number: Typed = { schema: { type: 'boolean' }, value: true };
    await expect(written(number)).rejects.toMatchObject({
      name: 'DataError',
      message: expect.stringContaining('refuses the schema with 409'),
    });
  });

  it('waits where the address is of the server, and not of its registry', async () => {
    const elsewhere = server.url.replace('/apis/ccompat/v7', '/apis/nothing');
    await expect(written(text, looksUp, elsewhere)).rejects.toMatchObject({
      name: 'TargetUnavailable',
      message: expect.stringContaining('Check schema.registry.url'),
    });
  });

  it.each([
    ['a subject', '/subjects/nobody/versions/latest', 40_401],
    ['a schema', '/schemas/ids/999999', 40_403],
  ])('hears what is missing by the code of Confluent: %s', async (_, path, code) => {
    expect(await ask(path)).toMatchObject({ error_code: code });
  });
});
