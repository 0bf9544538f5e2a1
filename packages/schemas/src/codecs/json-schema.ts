import { isUtf8 } from 'node:buffer';
import { type CodedData, type DataAbout, type DataCodec, type StoredDataAbout, StreamError } from '@isostream/core';
import {
  type Frame,
  type RegisteredSchema,
  requireType,
  type SchemaRegistry,
  undecodable,
} from '../registries/registry.ts';
import { checkByType, checkOptions, checkRegistry } from '../options.ts';
import { framed, type Write, Writing } from './writing.ts';

export interface JsonSchemaOptions {
  /** The JSON Schema of each event type, as it is registered. Give `$schema` in each: some registries need it. */
  readonly schemas: Readonly<Record<string, object>>;
  readonly registry: SchemaRegistry;
}

/**
 * Data as JSON with the id of its schema, as the clients of schema registries write it. Whether it is valid is what the topic's own
 * schema says, both as it is written and as it is read.
 */
export function jsonSchema(options: JsonSchemaOptions): DataCodec {
  checkOptions(options, ['schemas', 'registry'], 'json-schema');
  const { schemas, registry } = options;
  checkByType(schemas, 'schemas', 'the JSON Schema', 'json-schema');
  checkRegistry(registry, true, 'json-schema');
  const texts = new Map(Object.entries(schemas).map(([name, schema]) => [name, JSON.stringify(schema)]));
  const writing = new Writing<string>();
  return {
    name: 'json-schema',
    contentTypes: registry.contentTypes('JSON'),
    encode(data: unknown, about: DataAbout): CodedData | (() => Promise<CodedData>) {
      const value = JSON.stringify(data);
      const ready = writing.ready(about);
      if (ready !== undefined) return ready(value);
      const text = texts.get(about.type);
      if (text === undefined)
        throw new StreamError(
          'invalid-config',
          `the codec json-schema has no schema for ${JSON.stringify(about.type)}. Add it to schemas`,
          { where: 'json-schema' },
        );
      return writing.ask(value, {
        about,
        ask: () => registry.writing({ type: 'JSON', text, name: undefined }, about),
        prepare: (schema) => {
          requireType(schema, 'JSON', 'invalid-config');
          return writer(registry.frame(schema, 'JSON'));
        },
        hold: (held) => held,
      });
    },
    decode(bytes: Uint8Array, about: StoredDataAbout): unknown {
      const { id, bytes: read, start } = registry.open(bytes, about);
      const parse = (schema: RegisteredSchema): unknown => {
        requireType(schema, 'JSON', 'undecodable');
        return parsed(read, start);
      };
      const schema = registry.reading(id);
      return schema instanceof Promise ? schema.then(parse) : parse(schema);
    },
  };
}

function writer(frame: Frame): Write<string> {
  const { contentType, prefix, pack } = frame;
  if (pack !== undefined) return (text) => framed(frame, Buffer.from(text));
  const start = prefix.byteLength;
  return (text) => {
    const bytes = Buffer.allocUnsafe(start + Buffer.byteLength(text));
    bytes.set(prefix);
    bytes.write(text, start);
    return { bytes, contentType };
  };
}

function parsed(bytes: Uint8Array, start: number): unknown {
  const payload = Buffer.from(bytes.buffer, bytes.byteOffset + start, bytes.byteLength - start);
  try {
    if (!isUtf8(payload)) throw new TypeError('it is not UTF-8');
    const data: unknown = JSON.parse(payload.toString('utf8'));
    return data;
  } catch (cause) {
    throw undecodable('is not JSON behind the id of its schema', cause);
  }
}
