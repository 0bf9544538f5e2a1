import { avro } from '@isostream/schemas/codecs/avro';
import { protobuf } from '@isostream/schemas/codecs/protobuf';
import { jsonSchema } from '@isostream/schemas/codecs/json-schema';
import { confluentRegistry } from '@isostream/schemas/registries/confluent';
import { type DataCodec, json } from 'isostream';
import { OrderBilledSchema, OrderPlacedSchema } from './orders-pb.ts';

const text = { type: 'string' };

const records = {
  'order.placed': {
    type: 'record',
    name: 'OrderPlaced',
    namespace: 'shop',
    fields: [
      { name: 'id', ...text },
      { name: 'total', type: 'double' },
    ],
  },
  'order.billed': { type: 'record', name: 'OrderBilled', namespace: 'shop', fields: [{ name: 'id', ...text }] },
};

export const messages = { 'order.placed': OrderPlacedSchema, 'order.billed': OrderBilledSchema };

const $schema = 'http://json-schema.org/draft-07/schema#';
const schemas = {
  'order.placed': {
    $schema,
    type: 'object',
    properties: { id: text, total: { type: 'number' } },
    required: ['id', 'total'],
  },
  'order.billed': { $schema, type: 'object', properties: { id: text }, required: ['id'] },
};

/** The codec of this name: `json`, `avro` or `protobuf`; with the address of a registry, events also say their schema. */
export function codecNamed(name = 'json', url?: string): DataCodec {
  // A subject for each event type, as the topic has two of them.
  const registry =
    url === undefined
      ? {}
      : { registry: confluentRegistry({ url, subject: (_, about) => `${about.topic}-${about.type}` }) };
  if (name === 'avro') return avro({ schemas: records, ...registry });
  if (name === 'protobuf') return protobuf({ messages, ...registry });
  if (name !== 'json') throw new Error(`ORDERS_CODEC is ${name}. Valid codecs: json, avro, protobuf`);
  return registry.registry === undefined ? json() : jsonSchema({ schemas, registry: registry.registry });
}
