import { create, createFileRegistry, createMutableRegistry, type DescMessage } from '@bufbuild/protobuf';
import {
  Edition,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
  FileDescriptorProtoSchema,
} from '@bufbuild/protobuf/wkt';
import {
  AvroDeserializer,
  AvroSerializer,
  ProtobufDeserializer,
  ProtobufSerializer,
  SerdeType,
} from '@confluentinc/schemaregistry';
import { type SchemaRegistryServer, startSchemaRegistry } from '@isostream/emulators';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { avro } from '../../src/codecs/avro.ts';
import { protobuf } from '../../src/codecs/protobuf.ts';
import { confluentRegistry } from '../../src/registries/confluent.ts';
import { decoded, encoded } from '../support/coding.ts';
import { OfficialClient } from '../support/official.ts';

let server: SchemaRegistryServer;
beforeAll(async () => {
  server = await startSchemaRegistry();
}, 300_000);
afterAll(() => server.stop());

// A bound for hangs: here the registry is not what is tested.
const registry = () => confluentRegistry({ url: server.url, requestTimeoutMs: 60_000 });
const official = () => new OfficialClient({ baseURLs: [server.url] });
const latest = { autoRegisterSchemas: false, useLatestVersion: true };

const field = (name: string, type: unknown, more: object = {}) => ({ name, type, ...more });
const record = (name: string, ...fields: object[]) => ({ type: 'record', name, namespace: 'shop', fields });
const tree = record('Tree', field('n', 'int'), field('kids', { type: 'array', items: 'Tree' }));
it.each<readonly [string, object, object]>([
  [
    'numbers and bytes',
    record('A', field('i', 'int'), field('l', 'long'), field('f', 'float'), field('d', 'double'), field('b', 'bytes')),
    { i: -1, l: 2 ** 53 - 2, f: 0.5, d: -1e300, b: Buffer.from([0, 255]) },
  ],
  [
    'an enum with a default, a fixed, and a type by its name',
    record(
      'B',
      field('e', { type: 'enum', name: 'E', symbols: ['X', 'Y'], default: 'X' }),
      field('other', 'shop.E'),
      field('h', { type: 'fixed', name: 'H', size: 2 }),
    ),
    { e: 'Y', other: 'X', h: Buffer.from([1, 2]) },
  ],
  [
    'lists, maps and a nullable record',
    record(
      'C',
      field('tags', { type: 'array', items: ['null', 'string'] }),
      field('counts', { type: 'map', values: 'long' }),
      field('from', ['null', record('Place', field('zip', 'string'))], { default: null }),
    ),
    { tags: ['a', null], counts: { k: 5 }, from: { zip: '1000' } },
  ],
  ['a record that holds itself', tree, { n: 1, kids: [{ n: 2, kids: [] }] }],
  [
    'logical types, as they lie there',
    record(
      'D',
      field('at', { type: 'long', logicalType: 'timestamp-millis' }),
      field('day', { type: 'int', logicalType: 'date' }),
      field('price', { type: 'bytes', logicalType: 'decimal', precision: 9, scale: 2 }),
      field('id', { type: 'string', logicalType: 'uuid' }),
    ),
    { at: 1_700_000_000_000, day: 19_675, price: Buffer.from([4, 210]), id: 'f0e1d2c3-b4a5-4697-8879-000000000001' },
  ],
])("writes in Avro what Confluent's own client writes, and each reads the other: %s", async (_, schema, data) => {
  const topic = `avro-${String(new Map(Object.entries(schema)).get('name'))}`;
  const codec = () => avro({ schemas: { placed: schema }, registry: registry() });
  const ours = await encoded(codec(), data, topic);
  const theirs = await new AvroSerializer(official(), SerdeType.VALUE, latest).serialize(topic, data);
  expect(theirs).toEqual(ours);
  expect(await new AvroDeserializer(official(), SerdeType.VALUE, {}).deserialize(topic, ours)).toMatchObject(data);
  expect(await decoded(codec(), theirs, [], topic)).toEqual(data);
});

const fields = [
  { name: 'n', number: 1, type: Type.INT32, label: Label.OPTIONAL },
  { name: 'texts', number: 2, type: Type.STRING, label: Label.REPEATED },
  { name: 'kind', number: 3, type: Type.ENUM, typeName: '.kinds.Kind', label: Label.OPTIONAL },
];
function messageOf(more: object): DescMessage {
  const file = create(FileDescriptorProtoSchema, {
    name: 'kinds.proto',
    package: 'kinds',
    enumType: [{ name: 'Kind', value: ['A', 'B'].map((name, number) => ({ name, number })) }],
    messageType: [{ name: 'M', field: fields }],
    ...more,
  });
  const found = createFileRegistry(file, () => undefined).getMessage('kinds.M');
  if (found === undefined) throw new Error('there is no message M');
  return found;
}

it.each<readonly [string, object]>([
  ['proto2', { syntax: 'proto2' }],
  ['proto3', { syntax: 'proto3' }],
  ['an edition', { syntax: 'editions', edition: Edition.EDITION_2023 }],
])("writes in Protobuf what Confluent's own client writes, and each reads the other: %s", async (name, more) => {
  const topic = `protobuf-${name.replaceAll(' ', '-')}`;
  const message = messageOf(more);
  const codec = () => protobuf({ messages: { placed: message }, registry: registry() });
  const ours = await encoded(codec(), { n: 0, texts: ['a', 'é'], kind: 'B' }, topic);
  const types = createMutableRegistry(message);
  const theirs = new ProtobufSerializer(official(), SerdeType.VALUE, { registry: types });
  const init = create(message, { n: 0, texts: ['a', 'é'], kind: 1 });
  expect((await theirs.serialize(topic, init)).toString('hex')).toBe(ours.toString('hex'));
  const read = await new ProtobufDeserializer(official(), SerdeType.VALUE, {}).deserialize(topic, ours);
  expect(read).toMatchObject({ n: 0, texts: ['a', 'é'], kind: 1 });
  expect(await decoded(codec(), ours, [], topic)).toEqual({ n: 0, texts: ['a', 'é'], kind: 'B' });
});
