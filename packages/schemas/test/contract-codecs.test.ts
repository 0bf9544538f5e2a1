import { create, createFileRegistry, type DescMessage } from '@bufbuild/protobuf';
import {
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
} from '@bufbuild/protobuf/wkt';
import { type DataCodec, defineTopic, json } from '@isostream/core';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { avro } from '../src/codecs/avro.ts';
import { jsonSchema } from '../src/codecs/json-schema.ts';
import { protobuf } from '../src/codecs/protobuf.ts';
import { checkContracts, describeTopics, readContract } from '../src/contracts/index.ts';
import { confluentRegistry } from '../src/registries/confluent.ts';
import type { SchemaRegistry } from '../src/registries/registry.ts';
import { oneMessage } from './support/proto-files.ts';

/** As the file of a contract: what cannot be written there is lost. */
function contractOf(codec: DataCodec) {
  const events = { placed: z.object({ id: z.string(), total: z.number() }) };
  const topic = defineTopic('orders', { events, key: ({ data }) => data.id, codec });
  return readContract(JSON.parse(JSON.stringify(describeTopics([topic]))));
}

function avroOf(total: object, references?: Record<string, object>): DataCodec {
  const fields = [
    { name: 'id', type: 'string' },
    { name: 'total', ...total },
  ];
  return avro({ schemas: { placed: { type: 'record', name: 'Placed', fields } }, ...(references && { references }) });
}

const part = (name: string, number: number, type: Type, more: object = {}) => ({
  name,
  number,
  type,
  label: Label.OPTIONAL,
  ...more,
});

function messageOf(total: Type, syntax = 'proto3'): DescMessage {
  const money = create(FileDescriptorProtoSchema, {
    name: 'money.proto',
    package: 'shop',
    syntax,
    messageType: [{ name: 'Money', field: [part('cents', 1, total)] }],
  });
  const order = create(FileDescriptorProtoSchema, {
    name: 'order.proto',
    package: 'shop',
    syntax,
    dependency: ['money.proto'],
    messageType: [
      {
        name: 'Placed',
        field: [part('id', 1, Type.STRING), part('total', 2, Type.MESSAGE, { typeName: '.shop.Money' })],
      },
    ],
  });
  const files = new Map<string, FileDescriptorProto>([
    ['money.proto', money],
    ['order.proto', order],
  ]);
  const placed = createFileRegistry(order, (name) => files.get(name)).getMessage('shop.Placed');
  if (placed === undefined) throw new Error('shop.Placed is not there');
  return placed;
}

it('breaks readers whose Avro schema changes, though the schema of the topic stays', () => {
  const findings = checkContracts(contractOf(avroOf({ type: 'int' })), contractOf(avroOf({ type: 'long' })));
  expect(findings).toEqual([
    {
      topic: 'orders',
      event: 'placed',
      direction: 'forward',
      kind: 'breaking',
      path: 'total',
      problem: 'in the schema of the codec avro, long cannot be read as int',
      cure: 'Add a field with the new type and keep the old one',
    },
  ]);
});

it('compares the Avro schemas that the own one refers to', () => {
  const money = (type: string) => ({
    type: 'record',
    name: 'Money',
    namespace: 'shop',
    fields: [{ name: 'cents', type }],
  });
  const of = (type: string) => contractOf(avroOf({ type: 'shop.Money' }, { 'shop.Money': money(type) }));
  expect(checkContracts(of('long'), of('long'))).toEqual([]);
  expect(checkContracts(of('long'), of('string'))).toMatchObject([
    { direction: 'backward', kind: 'breaking', path: 'total.cents' },
    { direction: 'forward', kind: 'breaking', path: 'total.cents' },
  ]);
});

it('compares Protobuf messages with those of the files that they import', () => {
  const of = (type: Type) => contractOf(protobuf({ messages: { placed: messageOf(type) } }));
  expect(checkContracts(of(Type.INT64), of(Type.INT64))).toEqual([]);
  expect(checkContracts(of(Type.INT32), of(Type.INT64))).toMatchObject([
    {
      direction: 'forward',
      kind: 'breaking',
      path: 'total.cents',
      problem: expect.stringContaining('int64 is read as int32'),
    },
  ]);
});

it('breaks readers of an Avro type that moves to another namespace, which the codec refuses', () => {
  const of = (namespace: string, aliases: string[] = []) => {
    const total = { name: 'total', type: { type: 'enum', name: 'Total', namespace, aliases, symbols: ['A'] } };
    return contractOf(avro({ schemas: { placed: { type: 'record', name: 'Placed', fields: [total] } } }));
  };
  const problem = expect.stringContaining('moved to');
  expect(checkContracts(of('v1'), of('v2'))).toMatchObject([
    { direction: 'backward', kind: 'breaking', path: 'total', problem },
    { direction: 'forward', kind: 'breaking', path: 'total', problem },
  ]);
  expect(checkContracts(of('v1'), of('v2', ['v1.Total']))).toMatchObject([{ direction: 'forward', kind: 'breaking' }]);
});

it('breaks readers of a renamed Protobuf message where events say which one they are', () => {
  const of = (name: string, registry?: SchemaRegistry) =>
    contractOf(
      protobuf({ messages: { placed: oneMessage(name, [part('id', 1, Type.STRING)]) }, ...(registry && { registry }) }),
    );
  const registry = confluentRegistry({ url: 'http://127.0.0.1:1' });
  expect(checkContracts(of('Placed'), of('Ordered'))).toEqual([]);
  expect(checkContracts(of('Placed', registry), of('Placed', registry))).toEqual([]);
  const problem = expect.stringContaining('events say that they are a Placed, and the reader takes only a Ordered');
  expect(checkContracts(of('Placed', registry), of('Ordered', registry))).toMatchObject([
    { direction: 'backward', kind: 'breaking', path: '', problem },
    { direction: 'forward', kind: 'breaking', path: '' },
  ]);
});

it('does not know about a JSON Schema that refers to others, where it or one of those changed', () => {
  const registry = confluentRegistry({ url: 'http://127.0.0.1:1' });
  const of = (note: string, cents: string) => {
    const schemas = { placed: { properties: { note: { type: note }, price: { $ref: 'money.json' } } } };
    const references = { 'money.json': { properties: { cents: { type: cents } } } };
    return contractOf(jsonSchema({ schemas, references, registry }));
  };
  const unknown = (direction: string) => ({
    direction,
    kind: 'unknown',
    problem: expect.stringContaining('refer to others, which are not compared here'),
  });
  expect(checkContracts(of('string', 'integer'), of('string', 'integer'))).toEqual([]);
  for (const changed of [of('string', 'string'), of('integer', 'integer')])
    expect(checkContracts(of('string', 'integer'), changed)).toMatchObject([unknown('backward'), unknown('forward')]);
});

it('does not know about schemas that their own parsers refuse, whatever they throw', () => {
  const of = (schema: unknown): DataCodec => ({ ...json(), schemas: { own: () => ({ kind: 'json-schema', schema }) } });
  const elsewhere = (type: string) => ({ properties: { note: { type }, price: { $ref: 'money.json' } } });
  for (const [before, after] of [
    [elsewhere('string'), elsewhere('integer')],
    [{ type: 'no such type' }, { type: 'string' }],
  ])
    expect(checkContracts(contractOf(of(before)), contractOf(of(after)))).toMatchObject([
      { direction: 'backward', kind: 'unknown', problem: expect.stringContaining('cannot be compared') },
      { direction: 'forward', kind: 'unknown' },
    ]);
});

it('says that it does not know about a changed schema of a codec that it does not know', () => {
  const of = (schema: number): DataCodec => ({ ...json(), name: 'packed', schemas: { own: () => ({ schema }) } });
  expect(checkContracts(contractOf(of(1)), contractOf(of(1)))).toEqual([]);
  expect(checkContracts(contractOf(of(1)), contractOf(of(2)))).toMatchObject([
    { kind: 'unknown' },
    { kind: 'unknown' },
  ]);
});

it('takes a contract from before the schemas of codecs were kept', () => {
  const now = contractOf(avroOf({ type: 'int' }));
  const { codecSchemas, ...then } = now.topics['orders'] ?? {};
  expect(codecSchemas).toBeDefined();
  expect(checkContracts({ ...now, topics: { orders: then } }, now)).toEqual([]);
});
