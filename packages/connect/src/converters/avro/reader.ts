import {
  dateAt,
  DataError,
  Decimal,
  type Field,
  logicalDate,
  logicalDecimal,
  logicalTime,
  logicalTimestamp,
  msPerDay,
  Num,
  type Schema,
  Struct,
  type Value,
} from '../../data/values.ts';
import { float32 } from '../../data/numbers.ts';
import type { Cursor } from './cursor.ts';

/** How values of one Avro schema are read, and which schema of Kafka Connect they have. */
export interface AvroReader {
  readonly schema: Schema;
  read(cursor: Cursor): Value;
}

/** Types by their full names; `undefined` while one is looked at. */
export type AvroNames = Map<string, AvroReader | undefined>;

type Definition = Readonly<Record<string, unknown>>;

const primitives: Readonly<Record<string, AvroReader>> = {
  boolean: { schema: { type: 'boolean' }, read: (cursor) => cursor.byte() === 1 },
  int: { schema: { type: 'int32' }, read: (cursor) => new Num('int32', cursor.int()) },
  long: { schema: { type: 'int64' }, read: (cursor) => cursor.long() },
  float: { schema: { type: 'float32' }, read: (cursor) => float32(cursor.float()) },
  double: { schema: { type: 'float64' }, read: (cursor) => cursor.double() },
  string: { schema: { type: 'string' }, read: (cursor) => cursor.text() },
  bytes: { schema: { type: 'bytes' }, read: (cursor) => Buffer.from(cursor.bytes()) },
};

/** Reads a schema of Avro, from its parsed JSON. Throws {@link DataError} for what Kafka Connect has no schema for. */
export function avroReader(json: unknown, names: AvroNames, namespace = ''): AvroReader {
  if (typeof json === 'string') return named(json, names, namespace);
  if (Array.isArray(json)) return union(json, names, namespace);
  if (!isDefinition(json)) throw new DataError('the schema of the registry is not one of Avro');
  const { type } = json;
  if (typeof type !== 'string') return avroReader(type, names, namespace);
  switch (type) {
    case 'record':
    case 'error':
      return record(json, names, namespace);
    case 'enum': {
      const symbols = Array.isArray(json['symbols']) ? json['symbols'].map(String) : [];
      return define(json, names, namespace, () => ({
        schema: { type: 'string' },
        read(cursor) {
          const symbol = symbols[cursor.count()];
          if (symbol === undefined)
            throw new DataError('the payload names a symbol that its Avro schema does not have');
          return symbol;
        },
      }));
    }
    case 'fixed':
      return define(json, names, namespace, () => {
        const size = Number(json['size']);
        return logical(json, { schema: { type: 'bytes' }, read: (cursor) => Buffer.from(cursor.bytes(size)) });
      });
    case 'array': {
      const items = avroReader(json['items'], names, namespace);
      return {
        schema: { type: 'array', values: items.schema },
        read: (cursor) => Array.from(cursor.blocks(), () => items.read(cursor)),
      };
    }
    case 'map': {
      const values = avroReader(json['values'], names, namespace);
      return {
        schema: { type: 'map', keys: { type: 'string' }, values: values.schema },
        read: (cursor) => new Map(Array.from(cursor.blocks(), () => [cursor.text(), values.read(cursor)])),
      };
    }
    default:
      return logical(json, named(type, names, namespace));
  }
}

function named(name: string, names: AvroNames, namespace: string): AvroReader {
  const primitive = Object.hasOwn(primitives, name) ? primitives[name] : undefined;
  if (primitive !== undefined) return primitive;
  for (const full of name.includes('.') || namespace === '' ? [name] : [`${namespace}.${name}`, name]) {
    const known = names.get(full);
    if (known !== undefined) return known;
    if (names.has(full))
      throw new DataError(`the Avro type ${full} holds itself, which schemas of Kafka Connect cannot say`);
  }
  throw new DataError(`the Avro schema names the type ${name}, which is not there`);
}

function define(
  json: Definition,
  names: AvroNames,
  namespace: string,
  make: (inner: string) => AvroReader,
): AvroReader {
  const full = fullName(json, namespace);
  names.set(full, undefined);
  const made = make(full.includes('.') ? full.slice(0, full.lastIndexOf('.')) : '');
  names.set(full, made);
  return made;
}

function fullName(json: Definition, namespace: string): string {
  const name = String(json['name']);
  const space = typeof json['namespace'] === 'string' ? json['namespace'] : namespace;
  return name.includes('.') || space === '' ? name : `${space}.${name}`;
}

function record(json: Definition, names: AvroNames, namespace: string): AvroReader {
  return define(json, names, namespace, (inner) => {
    const given: readonly unknown[] = Array.isArray(json['fields']) ? json['fields'] : [];
    const readers = given.filter(isDefinition).map((field) => ({
      name: String(field['name']),
      reader: avroReader(field['type'], names, inner),
      otherwise: field['default'],
    }));
    const fields = readers.map(({ name, reader: { schema }, otherwise }): Field => {
      const value = defaultOf(schema, otherwise);
      return { name, schema: value === undefined ? schema : { ...schema, default: value } };
    });
    const doc = typeof json['doc'] === 'string' ? { doc: json['doc'] } : {};
    const version = typeof json['connect.version'] === 'number' ? { version: json['connect.version'] } : {};
    const name = typeof json['connect.name'] === 'string' ? json['connect.name'] : fullName(json, namespace);
    const schema: Schema = { type: 'struct', name, ...version, ...doc, fields };
    return {
      schema,
      read: (cursor) =>
        new Struct(schema, new Map(readers.map(({ name: field, reader }) => [field, reader.read(cursor)]))),
    };
  });
}

/** With null, an optional value; of several types, a struct with a field for each. */
function union(branches: readonly unknown[], names: AvroNames, namespace: string): AvroReader {
  const readers = branches.map((branch) => (branch === 'null' ? null : avroReader(branch, names, namespace)));
  const others = readers.flatMap((reader) => reader ?? []);
  const optional = others.length < readers.length;
  const chosen = (cursor: Cursor): AvroReader | null => {
    const reader = readers[cursor.count()];
    if (reader === undefined) throw new DataError('the payload names a type that its Avro union does not have');
    return reader;
  };
  const [only] = others;
  if (only !== undefined && others.length === 1)
    return { schema: { ...only.schema, optional }, read: (cursor) => chosen(cursor)?.read(cursor) ?? null };
  const nameOf = ({ schema: { type, name } }: AvroReader): string => name?.slice(name.lastIndexOf('.') + 1) ?? type;
  const schema: Schema = {
    type: 'struct',
    name: 'io.confluent.connect.avro.Union',
    optional,
    fields: others.map((reader) => ({ name: nameOf(reader), schema: { ...reader.schema, optional: true } })),
  };
  return {
    schema,
    read(cursor) {
      const reader = chosen(cursor);
      return reader === null ? null : new Struct(schema, new Map([[nameOf(reader), reader.read(cursor)]]));
    },
  };
}

/** Dates, decimals and the small integers that Kafka Connect notes beside an `int`. */
function logical(json: Definition, base: AvroReader): AvroReader {
  const { type } = base.schema;
  const small = json['connect.type'];
  if (type === 'int32' && (small === 'int8' || small === 'int16'))
    return { schema: { type: small }, read: (cursor) => new Num(small, cursor.count()) };
  const as = (name: string, toMs: number): AvroReader => ({
    schema: { type, name, version: 1 },
    read: (cursor) => dateAt(Number(cursor.long()) * toMs),
  });
  const is = json['logicalType'];
  if (type === 'int32' && is === 'date') return as(logicalDate, msPerDay);
  if (type === 'int32' && is === 'time-millis') return as(logicalTime, 1);
  if (type === 'int64' && is === 'timestamp-millis') return as(logicalTimestamp, 1);
  if (type !== 'bytes' || is !== 'decimal') return base;
  const scale = Number(json['scale'] ?? 0);
  const schema: Schema = { type, name: logicalDecimal, version: 1, parameters: { scale: String(scale) } };
  return {
    schema,
    read(cursor) {
      const bytes = base.read(cursor);
      const hex = bytes instanceof Uint8Array ? Buffer.from(bytes).toString('hex') : '';
      return new Decimal(hex === '' ? 0n : BigInt.asIntN(hex.length * 4, BigInt(`0x${hex}`)), scale);
    },
  };
}

/** The default of a field, where it is a plain one; a null says that the field is optional, which its type says too. */
function defaultOf({ type, name }: Schema, json: unknown): Value | undefined {
  if (name !== undefined) return undefined;
  if (typeof json === 'string') return type === 'string' ? json : undefined;
  if (typeof json === 'boolean') return type === 'boolean' ? json : undefined;
  if (typeof json === 'bigint') return type === 'int64' ? json : undefined;
  if (typeof json !== 'number') return undefined;
  if (!Number.isFinite(json)) return undefined;
  if (type === 'int64') return BigInt(Math.trunc(json));
  if (type === 'float64') return json;
  if (type === 'float32') return float32(json);
  return type === 'int32' || type === 'int16' || type === 'int8' ? new Num(type, json) : undefined;
}

function isDefinition(json: unknown): json is Definition {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}
