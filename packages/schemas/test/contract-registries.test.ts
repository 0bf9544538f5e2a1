import { create, createFileRegistry } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { type DataCodec, defineTopic, json } from '@isostream/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { avro } from '../src/codecs/avro.ts';
import { jsonSchema } from '../src/codecs/json-schema.ts';
import { protobuf } from '../src/codecs/protobuf.ts';
import { checkContracts, describeTopics, registeredContract } from '../src/contracts/index.ts';
import { azureRegistry } from '../src/registries/azure.ts';
import { confluentRegistry } from '../src/registries/confluent.ts';
import { glueRegistry } from '../src/registries/glue.ts';
import type { SchemaRegistry } from '../src/registries/registry.ts';
import { AzureServer } from './support/azure.ts';
import { encoded } from './support/coding.ts';
import { Glue } from './support/glue.ts';
import { field, oneMessage, Type } from './support/proto-files.ts';
import { Registry } from './support/registry.ts';

interface Server {
  readonly registry: () => SchemaRegistry;
  readonly setAway: () => void;
}

const servers: Readonly<Record<string, () => Promise<Server>>> = {
  Confluent: async () => {
    const server = new Registry();
    const url = await server.listen();
    onTestFinished(() => server.close());
    return { registry: () => confluentRegistry({ url }), setAway: () => (server.status = 503) };
  },
  'AWS Glue': async () => {
    const server = new Glue();
    const endpoint = await server.listen();
    onTestFinished(() => server.close());
    const credentials = { accessKeyId: 'a', secretAccessKey: 's' };
    return {
      registry: () => glueRegistry({ region: 'eu-central-1', endpoint, credentials }),
      setAway: () => (server.failure = 'InternalServiceException'),
    };
  },
  Azure: async () => {
    const server = new AzureServer();
    const namespace = await server.listen();
    onTestFinished(() => server.close());
    const credential = { getToken: () => Promise.resolve({ token: 'right' }) };
    return {
      registry: () => azureRegistry({ namespace, credential, group: 'shop' }),
      setAway: () => (server.failure = [503, 'no']),
    };
  },
};

/** One that is never written to nor read from. */
const never = (): never => {
  throw new Error('it is only asked for its newest schemas');
};
const noRegistry: SchemaRegistry = {
  contentTypes: () => ['application/octet-stream'],
  writing: never,
  open: never,
  reading: never,
  frame: never,
};

const record = (total: string) => ({
  type: 'record',
  name: 'Placed',
  fields: [
    { name: 'id', type: 'string' },
    { name: 'total', type: total },
  ],
});
const avroOf = (registry: SchemaRegistry, total: string) => avro({ schemas: { placed: record(total) }, registry });
const jsonOf = (registry: SchemaRegistry, total: string) =>
  jsonSchema({
    schemas: { placed: { $schema: 'http://json-schema.org/draft-07/schema#', properties: { total: { type: total } } } },
    registry,
  });
const ordersWith = (codec: DataCodec) => [
  defineTopic('orders', { events: { placed: z.object({ id: z.string() }) }, key: ({ data }) => data.id, codec }),
];

async function found(codec: DataCodec) {
  const topics = ordersWith(codec);
  const { contract, absent } = await registeredContract(topics);
  return { absent, findings: checkContracts(contract, describeTopics(topics)) };
}

/** One that has nothing yet. */
async function started(name: string): Promise<Server> {
  const server = await servers[name]?.();
  if (server === undefined) throw new Error(`no registry is called ${name}`);
  return server;
}

describe.each(Object.keys(servers))('a contract against the registry of %s', (name) => {
  it('has nothing to compare with before the first schema, and registers none', async () => {
    const server = await started(name);
    expect(await found(avroOf(server.registry(), 'int'))).toEqual({ absent: ['orders placed'], findings: [] });
    expect(await found(avroOf(server.registry(), 'int'))).toEqual({ absent: ['orders placed'], findings: [] });
  });

  it('is compared with the newest Avro schema', async () => {
    const server = await started(name);
    await encoded(avroOf(server.registry(), 'int'), { id: 'a', total: 1 });
    expect(await found(avroOf(server.registry(), 'int'))).toEqual({ absent: [], findings: [] });
    expect(await found(avroOf(server.registry(), 'string'))).toMatchObject({
      findings: [
        { direction: 'backward', kind: 'breaking', path: 'total' },
        { direction: 'forward', kind: 'breaking', path: 'total' },
      ],
    });
  });

  it('is refused while the registry is away', async () => {
    const server = await started(name);
    server.setAway();
    await expect(found(avroOf(server.registry(), 'int'))).rejects.toThrow(
      expect.objectContaining({ code: 'unavailable' }),
    );
  });

  it('is compared with the newest JSON Schema', async () => {
    const registry = (await started(name)).registry();
    await encoded(jsonOf(registry, 'number'), { total: 1 });
    expect(await found(jsonOf(registry, 'string'))).toMatchObject({
      absent: [],
      findings: [{ kind: 'breaking' }, { kind: 'breaking' }],
    });
  });
});

it('is compared with the newest Protobuf message, also where the registry keeps descriptors', async () => {
  for (const name of ['Confluent', 'AWS Glue']) {
    const registry = (await started(name)).registry();
    const of = (type: Type) =>
      protobuf({ messages: { placed: oneMessage('Placed', [field('total', 1, type)]) }, registry });
    await encoded(of(Type.INT32), { total: 1 });
    expect(await found(of(Type.INT32))).toEqual({ absent: [], findings: [] });
    expect(await found(of(Type.INT64))).toMatchObject({ findings: [{ direction: 'forward', kind: 'breaking' }] });
  }
});

it('is compared with all that a registered JSON Schema refers to', async () => {
  const registry = (await started('Confluent')).registry();
  const of = (cents: string) =>
    jsonSchema({
      schemas: { placed: { properties: { price: { $ref: 'money.json' } } } },
      references: { 'money.json': { properties: { cents: { type: cents } } } },
      registry,
    });
  await encoded(of('integer'), { price: { cents: 1 } });
  expect(await found(of('integer'))).toEqual({ absent: [], findings: [] });
  expect(await found(of('string'))).toMatchObject({ findings: [{ kind: 'unknown' }, { kind: 'unknown' }] });
});

it('is refused at an address that no registry has, which says that nothing is there', async () => {
  const server = new Registry();
  const url = await server.listen();
  onTestFinished(() => server.close());
  server.status = 404;
  await expect(found(avroOf(confluentRegistry({ url }), 'int'))).rejects.toThrow(
    expect.objectContaining({ code: 'invalid-config', message: expect.stringContaining('Check its address') }),
  );
});

it('is refused where the registry cannot keep such a schema, though it has none', async () => {
  const messages = { placed: oneMessage('Placed', [field('total', 1, Type.INT32)]) };
  const azure = (await started('Azure')).registry();
  await expect(found(protobuf({ messages, registry: azure }))).rejects.toThrow(/no format for Protobuf/);
  for (const name of ['AWS Glue', 'Azure']) {
    const registry = (await started(name)).registry();
    const schemas = { placed: { properties: { price: { $ref: 'money.json' } } } };
    const codec = jsonSchema({ schemas, references: { 'money.json': { type: 'object' } }, registry });
    await expect(found(codec)).rejects.toThrow(/keeps no references between schemas/);
  }
});

const shopMessage = (name: string, pack: string, more: object = {}) => {
  const file = create(FileDescriptorProtoSchema, {
    name: 'placed.proto',
    package: pack,
    syntax: 'proto3',
    messageType: [{ name, field: [field('total', 1, Type.INT32)] }],
    ...more,
  });
  const message = createFileRegistry(file, () => undefined).getMessage(`${pack}.${name}`);
  if (message === undefined) throw new Error(`there is no message ${name}`);
  return message;
};

it('refuses a Protobuf schema of a registry that does not have the message', async () => {
  const registry = (await started('Confluent')).registry();
  const of = (pack: string) => protobuf({ messages: { placed: shopMessage('Placed', pack) }, registry });
  await encoded(of('shop.v1'), { total: 1 });
  await expect(found(of('shop.v2'))).rejects.toThrow(
    expect.objectContaining({ code: 'invalid-config', message: expect.stringContaining('no message shop.v2.Placed') }),
  );
});

it('passes a Protobuf file of an edition that did not change, which cannot be written as text', async () => {
  const registry = (await started('Confluent')).registry();
  const message = () => shopMessage('Placed', 'shop', { syntax: 'editions', edition: 1_000 });
  await encoded(protobuf({ messages: { placed: message() }, registry }), { total: 1 });
  expect(await found(protobuf({ messages: { placed: message() }, registry }))).toEqual({ absent: [], findings: [] });
});

it('refuses what a registry has instead of a schema', async () => {
  const having = (text: string): SchemaRegistry => ({
    ...noRegistry,
    newest: (schema) => Promise.resolve({ id: 7, type: schema.type, text, references: [] }),
  });
  const refused = (message: RegExp): unknown =>
    expect.objectContaining({ code: 'invalid-config', message: expect.stringMatching(message) });
  await expect(found(avroOf(having('not JSON'), 'int'))).rejects.toThrow(refused(/schema 7 .* not one of AVRO/));
  await expect(found(jsonOf(having('not JSON'), 'int'))).rejects.toThrow(refused(/schema 7 .* not one of JSON/));
  const messages = { placed: oneMessage('Placed', [field('total', 1, Type.INT32)]) };
  await expect(found(protobuf({ messages, registry: having('abcd') }))).rejects.toThrow(refused(/schema 7/));
});

it('is refused where no codec has a registry', async () => {
  await expect(found(json())).rejects.toThrow(/no topic has a codec with a schema registry\. Give registry/);
});
