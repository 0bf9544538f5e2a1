import { type CodedData, type DataAbout, type DataCodec, type StoredDataAbout, StreamError } from '@isostream/core';
import { type RegisteredSchema, requireType, type SchemaRegistry, undecodable } from '../registries/registry.ts';
import { asking } from './asking.ts';

export interface JsonSchemaOptions {
  /** The JSON Schema of each event type, as it is registered. Give `$schema` in each: some registries need it. */
  readonly schemas: Readonly<Record<string, object>>;
  readonly registry: SchemaRegistry;
}

/**
 * Data as JSON with the id of its schema, as the clients of schema registries write it. Whether it is valid is what the topic's own
 * schema says, both as it is written and as it is read.
 */
export function jsonSchema({ schemas, registry }: JsonSchemaOptions): DataCodec {
  const texts = new Map(Object.entries(schemas).map(([name, schema]) => [name, JSON.stringify(schema)]));
  const contentType = `application/vnd.${registry.vendor}.json`;
  return {
    name: 'json-schema',
    contentTypes: [contentType],
    encode(data: unknown, about: DataAbout): CodedData | (() => Promise<CodedData>) {
      const text = texts.get(about.type);
      if (text === undefined)
        throw new StreamError(
          'invalid-config',
          `the codec json-schema has no schema for ${JSON.stringify(about.type)}. Add it to schemas`,
          {
            where: 'json-schema',
          },
        );
      const payload = Buffer.from(JSON.stringify(data));
      return asking(
        () => registry.writing({ type: 'JSON', text, name: undefined }, about),
        (schema) => {
          requireType(schema, 'JSON', 'invalid-config');
          return { bytes: registry.frame(schema.id, payload), contentType };
        },
      );
    },
    decode(bytes: Uint8Array, { headers }: StoredDataAbout): unknown {
      const { id, payload } = registry.open(bytes, headers);
      const read = (schema: RegisteredSchema): unknown => {
        requireType(schema, 'JSON', 'undecodable');
        return parsed(payload);
      };
      const schema = registry.reading(id);
      return schema instanceof Promise ? schema.then(read) : read(schema);
    },
  };
}

function parsed(payload: Uint8Array): unknown {
  try {
    const data: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload));
    return data;
  } catch (cause) {
    throw undecodable('is not JSON behind the id of its schema', cause);
  }
}
