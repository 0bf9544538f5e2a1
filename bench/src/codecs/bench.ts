import { create, createFileRegistry, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
} from '@bufbuild/protobuf/wkt';
import type { CodedData, DataCodec, StoredDataAbout } from '@isostream/core';
import { avro } from '@isostream/schemas/codecs/avro';
import { jsonSchema } from '@isostream/schemas/codecs/json-schema';
import { protobuf } from '@isostream/schemas/codecs/protobuf';
import type { Frame, SchemaRegistry } from '@isostream/schemas/registries/confluent';
import avsc, { type Schema } from 'avsc';
import type { Bench } from '../bench.ts';
import { type Contestant, runRounds } from '../rounds.ts';
import { row, type Row } from '../row.ts';

export const codecsBench: Bench = {
  measurements: [],
  clients: ['avsc', '@bufbuild/protobuf'],
  notes: [
    'One event of six fields. The library alone writes and reads the same bytes, and cuts off what names the schema by itself.',
    'What it reads of Protobuf are messages with bigints; the codec checks the bytes and gives plain data.',
  ],
  run: benchCodecs,
};

const data = {
  orderId: 'o-123456',
  customer: 'c-98765',
  total: 129_900,
  currency: 'EUR',
  placedAt: 1_767_322_800_000,
  lines: 3,
};
const about = { topic: 'orders', type: 'placed' };
const schema: Schema = {
  type: 'record',
  name: 'Placed',
  fields: [
    { name: 'orderId', type: 'string' },
    { name: 'customer', type: 'string' },
    { name: 'total', type: 'long' },
    { name: 'currency', type: 'string' },
    { name: 'placedAt', type: 'long' },
    { name: 'lines', type: 'int' },
  ],
};
const prefixBytes = 5;

/** A registry that knows everything at once: what asking costs is not what is measured. */
class KnownSchemas implements SchemaRegistry {
  #text = '';
  #kind = '';

  contentTypes(): readonly string[] {
    return ['application/x-bench'];
  }

  writing({ text, type }: Parameters<SchemaRegistry['writing']>[0]): ReturnType<SchemaRegistry['writing']> {
    [this.#text, this.#kind] = [text, type];
    return this.reading();
  }

  open(bytes: Uint8Array, _about?: StoredDataAbout): ReturnType<SchemaRegistry['open']> {
    return { id: 1, bytes, start: prefixBytes };
  }

  reading(): ReturnType<SchemaRegistry['reading']> {
    return { id: 1, type: this.#kind, text: this.#text, references: [] };
  }

  frame(_?: unknown, __?: unknown, index: Uint8Array = new Uint8Array(0)): Frame {
    return { contentType: 'application/x-bench', prefix: Buffer.concat([Buffer.of(0, 0, 0, 0, 1), index]) };
  }
}

/** One whose events name their schema in a header, in the form of Confluent's GUIDs, and leave the payload bare. */
class KnownByHeader extends KnownSchemas {
  readonly headers = ['__value_schema_id'];
  readonly #header = Buffer.concat([Buffer.of(1), Buffer.alloc(16, 7)]);

  override open(bytes: Uint8Array, { headers }: StoredDataAbout): ReturnType<SchemaRegistry['open']> {
    const [name, guid] = headers.at(-1) ?? [];
    if (name !== '__value_schema_id' || typeof guid === 'string' || guid?.[0] !== 1)
      throw new Error('the header that names the schema was lost');
    return { id: 1, bytes, start: 0 };
  }

  override frame(): Frame {
    return {
      contentType: 'application/x-bench',
      prefix: new Uint8Array(0),
      headers: [['__value_schema_id', this.#header]],
    };
  }
}

interface Case {
  readonly name: string;
  readonly codec: DataCodec;
  readonly encode: () => Uint8Array;
  readonly decode: (bytes: Buffer) => unknown;
}

async function benchCodecs(options: {
  readonly scale: number;
  readonly rounds: number;
}): Promise<{ readonly broker: string; readonly rows: readonly Row[] }> {
  const events = 200_000 * options.scale;
  const all = cases();
  const contestants = all.flatMap((each): Contestant[] => {
    const { bytes, headers = [] } = coded(each.codec);
    const stored = { ...about, contentType: undefined, headers };
    const own = Buffer.from(bytes);
    return [
      () => cost(`${each.name} encode`, events, () => each.codec.encode(data, about)),
      () => cost(`${each.name} encode alone`, events, each.encode),
      () => cost(`${each.name} decode`, events, () => each.codec.decode(own, stored)),
      () => cost(`${each.name} decode alone`, events, () => each.decode(own)),
    ];
  });
  const samples = await runRounds(contestants, options.rounds);
  const rows = all.flatMap(({ name }) =>
    ['encode', 'decode'].map((way) =>
      row({
        measurement: `${way}, ${name}`,
        unit: 'CPU µs/event',
        isostream: samples.of(`${name} ${way}`),
        against: 'the library alone',
        reference: samples.of(`${name} ${way} alone`),
        goal: { atMost: 1.5 },
      }),
    ),
  );
  return { broker: 'in this process', rows };
}

function cases(): readonly Case[] {
  const type = avsc.Type.forSchema(schema);
  const prefix = Buffer.of(0, 0, 0, 0, 1);
  const { STRING, INT64, INT32 } = FieldDescriptorProto_Type;
  const label = FieldDescriptorProto_Label.OPTIONAL;
  const field = (name: string, number: number, kind: FieldDescriptorProto_Type) => ({
    name,
    number,
    type: kind,
    label,
    jsonName: name,
  });
  const file = create(FileDescriptorProtoSchema, {
    name: 'placed.proto',
    syntax: 'proto3',
    messageType: [
      {
        name: 'Placed',
        field: [
          ...[field('orderId', 1, STRING), field('customer', 2, STRING), field('total', 3, INT64)],
          ...[field('currency', 4, STRING), field('placedAt', 5, INT64), field('lines', 6, INT32)],
        ],
      },
    ],
  });
  const placed = createFileRegistry(create(FileDescriptorSetSchema, { file: [file] })).getMessage('Placed');
  if (placed === undefined) throw new Error('the message of the benchmark was not made');
  const init = { ...data, total: BigInt(data.total), placedAt: BigInt(data.placedAt) };
  const written = () => toBinary(placed, create(placed, init));
  const messageStart = Buffer.of(0, 0, 0, 0, 1, 0);
  return [
    {
      name: 'Avro',
      codec: avro({ schemas: { placed: schema } }),
      encode: () => type.toBuffer(data),
      decode: (bytes): unknown => type.fromBuffer(bytes),
    },
    {
      name: 'Avro with a registry',
      codec: avro({ schemas: { placed: schema }, registry: new KnownSchemas() }),
      encode: () => Buffer.concat([prefix, type.toBuffer(data)]),
      decode: (bytes): unknown => type.fromBuffer(bytes.subarray(prefixBytes)),
    },
    {
      name: 'Avro with a schema in a header',
      codec: avro({ schemas: { placed: schema }, registry: new KnownByHeader() }),
      encode: () => type.toBuffer(data),
      decode: (bytes): unknown => type.fromBuffer(bytes),
    },
    {
      name: 'Protobuf',
      codec: protobuf({ messages: { placed } }),
      encode: written,
      decode: (bytes) => fromBinary(placed, bytes),
    },
    {
      name: 'Protobuf with a registry',
      codec: protobuf({ messages: { placed }, registry: new KnownSchemas() }),
      encode: () => Buffer.concat([messageStart, written()]),
      decode: (bytes) => fromBinary(placed, bytes.subarray(messageStart.byteLength)),
    },
    {
      name: 'JSON with a registry',
      codec: jsonSchema({ schemas: { placed: { type: 'object' } }, registry: new KnownSchemas() }),
      encode: () => Buffer.concat([prefix, Buffer.from(JSON.stringify(data))]),
      decode: (bytes): unknown => JSON.parse(bytes.toString('utf8', prefixBytes)),
    },
  ];
}

function coded(codec: DataCodec): CodedData {
  const answer = codec.encode(data, about);
  if (typeof answer === 'function')
    throw new Error(`${codec.name} has to ask, and the registry of the benchmark knows`);
  return answer;
}

/** Processor time, which on a busy machine is what the work took. */
function cost(name: string, events: number, work: () => unknown): ReturnType<Contestant> {
  for (let warm = 0; warm < events / 10; warm++) work();
  const begun = process.cpuUsage();
  for (let event = 0; event < events; event++) work();
  const { user, system } = process.cpuUsage(begun);
  return Promise.resolve({ [name]: (user + system) / events });
}
