import {
  type CodecSchemas,
  type CodedData,
  type DataAbout,
  type DataCodec,
  type StoredDataAbout,
  StreamError,
} from '@isostream/core';
import { shown } from '@isostream/core/adapter';
import avsc, { type Schema, type Type } from 'avsc';
import {
  type Frame,
  type OpenedPayload,
  type RegisteredSchema,
  requireType,
  type SchemaRegistry,
  undecodable,
  type WrittenSchema,
} from '../registries/registry.ts';
import type { CodecSchema } from '../contracts/codec-schema.ts';
import { checkByType, checkOneOf, checkOptions, checkRegistry } from '../options.ts';
import { truncated, wireCheckOf, writeCheckOf } from './avro/wire-check.ts';
import { avroNames, isSame, References, textsOf } from './references.ts';
import { newestOf } from './newest.ts';
import { coded, framed, type Write, Writing } from './writing.ts';

export interface AvroOptions {
  /** The Avro schema of each event type, as `JSON.parse` returns it. */
  readonly schemas: Readonly<Record<string, unknown>>;
  /** Schemas that those refer to by their full name (`shop.Money`). In a registry each is one of its own, under its name as subject. */
  readonly references?: Readonly<Record<string, unknown>>;
  /** Where events say which schema they were written with. Without one, all are written and read with `schemas`. */
  readonly registry?: SchemaRegistry;
  /** What a `long` is: a number, which refuses those beyond 2^53, or a bigint. Default `number`. */
  readonly longs?: 'number' | 'bigint';
}

/**
 * Data as Avro, by the library avsc. What is stored was written with the schema that the registry names, and is resolved to that of
 * the topic. All bytes have to be read: bytes of another schema are `undecodable`. Throws `invalid-config` for what is not a schema.
 */
export function avro(options: AvroOptions): DataCodec {
  return new AvroCodec(options);
}

type Read = (payload: OpenedPayload) => unknown;
interface Decoded {
  readonly value: unknown;
  readonly offset: number;
}
interface OwnSchema {
  readonly type: Type;
  readonly text: string;
  readonly written: WrittenSchema;
  /** The texts of those that it refers to. */
  readonly references: readonly string[];
  readonly read: Read;
  /** What its bytes have to pass, where valid data can be more than readers take. */
  readonly check: ReturnType<typeof writeCheckOf>;
}
type Resolver = ReturnType<Type['createResolver']>;

class AvroCodec implements DataCodec {
  readonly name = 'avro';
  readonly contentTypes: readonly string[];
  readonly headers: readonly string[];
  readonly #registry: SchemaRegistry | undefined;
  readonly #options: { registry: Record<string, Type> };
  readonly #own = new Map<string, OwnSchema>();
  readonly #written = new Map<number | string, Type>();
  /** By event type, then by schema. */
  readonly #readers = new Map<string | undefined, Map<number | string, Read>>();
  readonly #writing = new Writing<unknown>();
  readonly schemas: CodecSchemas;

  constructor(options: AvroOptions) {
    checkOptions(options, ['schemas', 'references', 'registry', 'longs'], 'avro');
    const { schemas, registry, longs = 'number' } = options;
    checkByType(schemas, 'schemas', 'the Avro schema', 'avro');
    checkRegistry(registry, false, 'avro');
    const all = new References('AVRO', options.references, avroNames, 'avro');
    checkOneOf(longs, 'longs', ['number', 'bigint'], 'avro');
    this.#registry = registry;
    this.headers = registry?.headers ?? [];
    this.#options = { registry: longs === 'bigint' ? { long: bigLong() } : {} };
    this.schemas = {
      own: (type) => this.#described(type),
      ...newestOf(
        registry,
        'AVRO',
        (type) => this.#ownOf(type).written,
        (found) => avroSchemaOf(found.text, found.references),
      ),
    };
    this.contentTypes = [...(registry?.contentTypes('AVRO') ?? []), 'application/avro', 'avro/binary'];
    for (const [name, schema] of Object.entries(schemas)) {
      const named = all.of(schema);
      const [text, references] = [JSON.stringify(schema), textsOf(named)];
      try {
        const type = this.#compiled({ text, references });
        const written: WrittenSchema = { type: 'AVRO', text, name: type.name, references: named };
        this.#own.set(name, { type, text, written, references, read: reading(type), check: writeCheckOf(type) });
      } catch (cause) {
        const reason = cause instanceof Error ? cause.message : String(cause);
        throw new StreamError('invalid-config', `schemas.${name} is not an Avro schema: ${reason}`, {
          where: 'avro',
          cause,
        });
      }
    }
  }

  encode(data: unknown, about: DataAbout): CodedData | (() => Promise<CodedData>) {
    const ready = this.#writing.ready(about);
    if (ready !== undefined) return ready(data);
    const own = this.#ownOf(about.type);
    const [contentType = ''] = this.contentTypes;
    const registry = this.#registry;
    if (registry === undefined) return { bytes: toBytes(own.type, data, own.check), contentType };
    return this.#writing.ask(data, {
      about,
      ask: () => registry.writing(own.written, about),
      prepare: (schema) => {
        const type = isSame(own, schema) ? own.type : this.#writtenWith(schema, 'invalid-config');
        return writing(type, registry.frame(schema, 'AVRO'));
      },
      hold: held,
    });
  }

  decode(bytes: Uint8Array, about: StoredDataAbout): unknown {
    const registry = this.#registry;
    if (registry === undefined) return this.#ownOf(about.type).read({ id: '', bytes, start: 0 });
    const opened = registry.open(bytes, about);
    const ready = this.#readers.get(about.type)?.get(opened.id);
    if (ready !== undefined) return ready(opened);
    const schema = registry.reading(opened.id);
    return schema instanceof Promise
      ? schema.then((known) => this.#reader(known, about.type)(opened))
      : this.#reader(schema, about.type)(opened);
  }

  /** Compiled once for each pair of schemas: compiling for each event would cost more than all the rest. */
  #reader(schema: RegisteredSchema, name: string | undefined): Read {
    const writer = this.#writtenWith(schema, 'undecodable');
    // Where the type is found in the data, the data is read as it was written.
    const own = name === undefined ? undefined : this.#ownOf(name);
    let read = reading(writer);
    if (own !== undefined && !isSame(own, schema)) {
      try {
        const resolver = own.type.createResolver(writer);
        read = reading(own.type, writer, resolver);
      } catch (cause) {
        const reason = cause instanceof Error ? cause.message : String(cause);
        throw undecodable(`was written with schema ${schema.id}, which the topic's own cannot read: ${reason}`, cause);
      }
    }
    const readers = this.#readers.get(name) ?? new Map<number | string, Read>();
    this.#readers.set(name, readers.set(schema.id, read));
    return read;
  }

  #writtenWith(schema: RegisteredSchema, code: 'undecodable' | 'invalid-config'): Type {
    const known = this.#written.get(schema.id);
    if (known !== undefined) return known;
    requireType(schema, 'AVRO', code);
    try {
      const type = this.#compiled(schema);
      this.#written.set(schema.id, type);
      return type;
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      const problem = `schema ${schema.id}, which is not one that Avro can use: ${reason}`;
      throw code === 'undecodable'
        ? undecodable(`names ${problem}`, cause)
        : new StreamError(code, `is to write with ${problem}`, { where: 'avro', cause });
    }
  }

  #described(type: string): CodecSchema | undefined {
    const own = this.#own.get(type);
    return own === undefined ? undefined : avroSchemaOf(own.text, own.references);
  }

  #ownOf(name: string | undefined): OwnSchema {
    const own = name === undefined && this.#own.size === 1 ? [...this.#own.values()][0] : this.#own.get(name ?? '');
    if (own !== undefined) return own;
    throw new StreamError(
      'invalid-config',
      `the codec avro has no schema for ${JSON.stringify(name)}. Add it to schemas`,
      {
        where: 'avro',
      },
    );
  }

  #compiled({ text, references }: Pick<RegisteredSchema, 'text' | 'references'>): Type {
    const registry = { ...this.#options.registry };
    const parse = (part: string): Type => {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- avsc looks at it, and throws for what is none
      return avsc.Type.forSchema(JSON.parse(part) as Schema, { registry });
    };
    for (const referred of references) parse(referred);
    return parse(text);
  }
}

/** As contracts keep it. */
function avroSchemaOf(text: string, references: readonly string[]): CodecSchema {
  const all = references.map((one): unknown => JSON.parse(one));
  return { kind: 'avro', schema: JSON.parse(text) as unknown, ...(all.length === 0 ? {} : { references: all }) };
}

/** Behind the prefix, in one buffer that grows with the largest event: what is stored is a copy of as much of it as was written. */
function writing(type: Type, frame: Frame): Write<unknown> {
  const { prefix, pack } = frame;
  const check = writeCheckOf(type);
  if (pack !== undefined || check !== undefined) return (data) => framed(frame, toBytes(type, data, check));
  const start = prefix.byteLength;
  let buffer = Buffer.allocUnsafeSlow(1_024);
  buffer.set(prefix);
  return (data) => {
    try {
      let end = type.encode(data, buffer, start);
      if (end < 0) {
        // So many bytes were missing.
        buffer = Buffer.allocUnsafeSlow(2 * (buffer.byteLength - end));
        buffer.set(prefix);
        end = type.encode(data, buffer, start);
      }
      const bytes = Buffer.allocUnsafe(end);
      buffer.copy(bytes, 0, 0, end);
      return coded(frame, bytes);
    } catch (cause) {
      throw notWritten(type, data, cause);
    }
  };
}

function toBytes(type: Type, data: unknown, check: ReturnType<typeof writeCheckOf>): Buffer {
  try {
    const bytes = type.toBuffer(data);
    check?.(bytes);
    return bytes;
  } catch (cause) {
    throw notWritten(type, data, cause);
  }
}

/** Avsc says what is wrong with a value, and not where it is. */
function notWritten(type: Type, data: unknown, cause: unknown): TypeError {
  const wrong: string[] = [];
  type.isValid(data, {
    errorHook: (path: readonly string[], value: unknown, expected: Type) => {
      const isLarge = expected.typeName === 'long' && (typeof value === 'bigint' || Number.isInteger(value));
      const cure = isLarge ? ", beyond what a number holds: give longs: 'bigint' to the codec, and bigints" : '';
      wrong.push(`${path.join('.')} is ${shown(value)}, not of the Avro type ${expected.typeName}${cure}`);
    },
  });
  return new TypeError(wrong[0] ?? (cause instanceof Error ? cause.message : String(cause)), { cause });
}

function reading(type: Type, writer: Type = type, resolver?: Resolver): Read {
  const check = wireCheckOf(writer);
  return ({ bytes, start }) => {
    const buffer = owned(bytes);
    check?.(buffer, start);
    const { offset, value } = decoded(type, buffer, start, resolver);
    if (offset === buffer.byteLength) return value;
    if (offset < 0) throw truncated();
    throw undecodable(
      'has bytes behind the last field of its schema (trailing data). It was written with another schema',
    );
  };
}

function decoded(type: Type, buffer: Buffer, start: number, resolver: Resolver | undefined): Decoded {
  try {
    const result: Decoded = type.decode(buffer, start, resolver);
    return result;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const isLarge = reason.includes('precision');
    const cure = isLarge ? "a long is beyond what a number holds. Give longs: 'bigint' to the codec" : reason;
    throw undecodable(`is not what its Avro schema says: ${cure}`, cause);
  }
}

function owned(bytes: Uint8Array): Buffer {
  if (bytes instanceof Buffer) return bytes;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Longs as bigints, from and to the eight bytes that avsc unpacks them to. */
function bigLong(): Type {
  const [least, most] = [-(2n ** 63n), 2n ** 63n - 1n];
  // oxlint-disable-next-line eslint/no-underscore-dangle -- so it is called in avsc
  return avsc.types.LongType.__with({
    fromBuffer: (buffer: Buffer) => buffer.readBigInt64LE(),
    toBuffer: (value: bigint) => {
      const buffer = Buffer.alloc(8);
      buffer.writeBigInt64LE(value);
      return buffer;
    },
    fromJSON: BigInt,
    toJSON: Number,
    isValid: (value: unknown) => typeof value === 'bigint' && value >= least && value <= most,
    compare: (one: bigint, other: bigint) => (one === other ? 0 : one < other ? -1 : 1),
  });
}

/** A copy, for the time in which the schema is asked for. A clone of a buffer would be none, which Avro's bytes have to be. */
function held(value: unknown): unknown {
  if (Buffer.isBuffer(value)) return Buffer.from(value);
  if (Array.isArray(value)) return value.map(held);
  if (typeof value !== 'object' || value === null) return value;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return structuredClone(value);
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, held(member)]));
}
