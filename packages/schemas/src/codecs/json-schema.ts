import type { CodedData, DataAbout, DataCodec, StoredDataAbout } from '@isostream/core';
import { type RegisteredSchema, type SchemaRegistry, undecodable } from '../registries/registry.ts';

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
      if (text === undefined) throw new TypeError(`schemas has no schema for ${JSON.stringify(about.type)}`);
      const payload = Buffer.from(JSON.stringify(data));
      const ask = () => registry.writing({ type: 'JSON', text, name: undefined }, about);
      const write = ({ id }: RegisteredSchema): CodedData => ({ bytes: registry.frame(id, payload), contentType });
      const known = ask();
      if (!(known instanceof Promise)) return write(known);
      known.catch(() => undefined);
      let first: Promise<RegisteredSchema> | undefined = known;
      return async () => {
        const asked = first ?? ask();
        first = undefined;
        return write(await asked);
      };
    },
    decode(bytes: Uint8Array, { headers }: StoredDataAbout): unknown {
      const { payload } = registry.open(bytes, headers);
      try {
        const data: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload));
        return data;
      } catch (cause) {
        throw undecodable('is not JSON behind the id of its schema', cause);
      }
    },
  };
}
