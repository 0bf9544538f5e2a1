import { isUtf8 } from 'node:buffer';
import { type CodedData, type DataAbout, type DataCodec, type StoredDataAbout, StreamError } from '@isostream/core';
import { messageOf, parseJson, printJson } from '@isostream/core/adapter';
import {
  type Frame,
  type RegisteredSchema,
  requireType,
  type SchemaRegistry,
  undecodable,
  type WrittenSchema,
} from '../registries/registry.ts';
import type { CodecSchema } from '../contracts/codec-schema.ts';
import { checkByType, checkOptions, checkRegistry } from '../options.ts';
import { jsonNames, References, textsOf } from './references.ts';
import { newestOf } from './newest.ts';
import { coded, framed, type Write, Writing } from './writing.ts';

export interface JsonSchemaOptions {
  /** The JSON Schema of each event type, as it is registered. Give `$schema` in each: some registries need it. */
  readonly schemas: Readonly<Record<string, object>>;
  /** Schemas that those refer to, by what their `$ref` says (`money.json`). Each is registered as one of its own, under that as subject. */
  readonly references?: Readonly<Record<string, object>>;
  readonly registry: SchemaRegistry;
}

/**
 * Data as JSON with the id of its schema, as the clients of schema registries write it. Whether it is valid is what the topic's own
 * schema says, both as it is written and as it is read.
 */
export function jsonSchema(options: JsonSchemaOptions): DataCodec {
  checkOptions(options, ['schemas', 'references', 'registry'], 'json-schema');
  const { schemas, registry } = options;
  checkByType(schemas, 'schemas', 'the JSON Schema', 'json-schema');
  checkRegistry(registry, true, 'json-schema');
  const references = new References('JSON', options.references, jsonNames, 'json-schema');
  const own = new Map(
    Object.entries(schemas).map(([type, schema]) => {
      const text = JSON.stringify(schema);
      const written: WrittenSchema = { type: 'JSON', text, name: undefined, references: references.of(schema) };
      return [type, written];
    }),
  );
  const ownOf = (type: string): WrittenSchema => {
    const schema = own.get(type);
    if (schema !== undefined) return schema;
    const problem = `the codec json-schema has no schema for ${JSON.stringify(type)}. Add it to schemas`;
    throw new StreamError('invalid-config', problem, { where: 'json-schema' });
  };
  const writing = new Writing<string>();
  return {
    name: 'json-schema',
    contentTypes: registry.contentTypes('JSON'),
    headers: registry.headers ?? [],
    schemas: {
      own: (type) => {
        const written = own.get(type);
        return written === undefined ? undefined : jsonSchemaOf(written.text, textsOf(written.references));
      },
      ...newestOf(registry, 'JSON', ownOf, (found) => jsonSchemaOf(found.text, found.references)),
    },
    encode(data: unknown, about: DataAbout): CodedData | (() => Promise<CodedData>) {
      const value = printJson(data);
      if (value === undefined) throw new TypeError('JSON has nothing for it');
      const ready = writing.ready(about);
      if (ready !== undefined) return ready(value);
      const schema = ownOf(about.type);
      return writing.ask(value, {
        about,
        ask: () => registry.writing(schema, about),
        prepare: (registered) => {
          requireType(registered, 'JSON', 'invalid-config');
          return writer(registry.frame(registered, 'JSON'));
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

/** As contracts keep it. */
function jsonSchemaOf(text: string, references: readonly string[]): CodecSchema {
  const all = references.map((one): unknown => JSON.parse(one));
  return { kind: 'json-schema', schema: JSON.parse(text) as unknown, ...(all.length === 0 ? {} : { references: all }) };
}

function writer(frame: Frame): Write<string> {
  const { prefix, pack } = frame;
  if (pack !== undefined) return (text) => framed(frame, Buffer.from(text));
  const start = prefix.byteLength;
  return (text) => {
    const bytes = Buffer.allocUnsafe(start + Buffer.byteLength(text));
    bytes.set(prefix);
    bytes.write(text, start);
    return coded(frame, bytes);
  };
}

function parsed(bytes: Uint8Array, start: number): unknown {
  const payload = Buffer.from(bytes.buffer, bytes.byteOffset + start, bytes.byteLength - start);
  try {
    if (!isUtf8(payload)) throw new TypeError('it is not UTF-8');
    return parseJson(payload.toString('utf8'));
  } catch (cause) {
    throw undecodable(`is not JSON behind the id of its schema: ${messageOf(cause)}`, cause);
  }
}
