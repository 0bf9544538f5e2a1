import { javaText } from '../data/java-text.ts';
import { DataError, isMap, kindOf, type Schema, Struct, type Typed, type Value } from '../data/values.ts';

/** A header: its bytes as they came, until something gives it a value. */
export type RecordHeader = { readonly name: string } & (
  | { readonly bytes: Uint8Array | null }
  | { readonly typed: Typed; readonly bytes?: undefined }
);

/** What goes through transforms. Where a record stood is kept beside it, whatever a router makes of its topic. */
export interface ConnectRecord {
  readonly kind: 'sink' | 'source';
  readonly topic: string;
  readonly partition: number | null;
  /** The position of a sink's record; `null` where it is not a number. */
  readonly offset: bigint | null;
  readonly key: Typed;
  readonly value: Typed;
  readonly headers: readonly RecordHeader[];
  /** In milliseconds since the epoch. */
  readonly timestamp: number | null;
}

/** Makes a record of a record; `null` drops it. Throws {@link DataError} for a record that it cannot handle. */
export type Transform = (record: ConnectRecord) => ConnectRecord | null;

/** Whether a record is meant by a transform. */
export type Predicate = (record: ConnectRecord) => boolean;

/** The half of a record that a transform works on. */
export type Part = 'key' | 'value';

/** The map that a transform without a schema needs; throws for anything else, also for null. */
export function requireMap(value: Value, purpose: string): ReadonlyMap<Value, Value> {
  if (isMap(value)) return value;
  throw new DataError(`${purpose} needs a map where there is no schema, and the record has ${kindOf(value)}`);
}

export function requireStruct(value: Value, purpose: string): Struct {
  if (value instanceof Struct) return value;
  throw new DataError(`${purpose} needs a struct, and the record has ${kindOf(value)}`);
}

export function withPart(record: ConnectRecord, part: Part, typed: Typed): ConnectRecord {
  return part === 'key' ? { ...record, key: typed } : { ...record, value: typed };
}

/** A field with its value, as transforms build structs. */
export interface Cell {
  readonly name: string;
  readonly schema: Schema;
  readonly value: Value;
}

/** The fields of a struct with their values; those that are null have the default, if `replacesNull`. */
export function cellsOf(struct: Struct, replacesNull = true): Cell[] {
  return (struct.schema.fields ?? []).map(({ name, schema }) => ({
    name,
    schema,
    value: struct.values.get(name) ?? (replacesNull ? schema.default : undefined) ?? null,
  }));
}

/** A struct of these fields, named as the one before. Throws {@link DataError} where two fields have one name, or one has none. */
export function structOf(cells: readonly Cell[], base?: Schema): Typed {
  const values = new Map(cells.map(({ name, value }) => [name, value]));
  if (values.has('')) throw new DataError('the record would have a field without a name');
  if (values.size < cells.length) {
    const twice = cells.find(({ name }, at) => cells.findIndex((cell) => cell.name === name) < at);
    throw new DataError(`the record would have the field ${twice?.name ?? ''} twice`);
  }
  const { default: _, ...kept }: Schema = base ?? { type: 'struct' };
  const schema: Schema = { ...kept, fields: cells.map(({ name, schema: of }) => ({ name, schema: of })) };
  return { schema, value: new Struct(schema, values) };
}

/** As {@link structOf}, of a record whose fields are other ones: it is required, whatever the one before was. */
export function remade(cells: readonly Cell[], base: Schema): Typed {
  const { optional: _, ...required } = base;
  return structOf(cells, required);
}

/** The keys of a map in the order in which Java's HashMap goes through them: it decides which of two equal new names wins. */
export function javaOrder<Key extends Value, Of extends Value>(map: ReadonlyMap<Key, Of>): (readonly [Key, Of])[] {
  let capacity = 16;
  while (map.size > capacity * 0.75) capacity *= 2;
  const bucket = ([key]: readonly [Key, Of]): number => {
    let hash = 0;
    const name = javaText(key);
    for (let at = 0; at < name.length; at += 1) hash = Math.imul(hash, 31) + name.charCodeAt(at);
    // Additions overflow as in Java only once the low 32 bits are taken.
    hash = Number(BigInt.asIntN(32, BigInt(hash)));
    return (hash ^ (hash >>> 16)) & (capacity - 1);
  };
  return [...map].toSorted((left, right) => bucket(left) - bucket(right));
}
