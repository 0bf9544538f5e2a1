/** Data that a converter or a transform cannot handle: the fault of one record, not of the connector. */
export class DataError extends Error {
  override readonly name: string = 'DataError';
}

/** Throws {@link DataError} for a time that a `Date` does not hold: sinks would stumble over it again and again. */
export function dateAt(ms: number): Date {
  const date = new Date(ms);
  if (!Number.isNaN(date.getTime())) return date;
  throw new DataError(`the time ${ms} is beyond the year 275760: its unit is not milliseconds`);
}

/** Types of numbers that neither `bigint` (int64) nor `number` (float64) stands for. */
export type NumType = 'int8' | 'int16' | 'int32' | 'float32';

/** A number of a smaller type than JSON has: its type decides how it is written and cast. */
export class Num {
  readonly type: NumType;
  readonly value: number;
  constructor(type: NumType, value: number) {
    this.type = type;
    this.value = value;
  }
}

/** An exact decimal number: `unscaled` times ten to the power of minus `scale`. */
export class Decimal {
  readonly unscaled: bigint;
  readonly scale: number;
  constructor(unscaled: bigint, scale: number) {
    this.unscaled = unscaled;
    this.scale = scale;
  }
}

/** An integer beyond 64 bits. It is kept exact, where Kafka Connect's JSON converter wraps it around. */
export class BigInteger {
  readonly value: bigint;
  constructor(value: bigint) {
    this.value = value;
  }
}

export type SchemaType =
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'float32'
  | 'float64'
  | 'boolean'
  | 'string'
  | 'bytes'
  | 'array'
  | 'map'
  | 'struct';

export interface Field {
  readonly name: string;
  readonly schema: Schema;
}

/** What a value looks like, as Kafka Connect's schemas say it. Absent where data travels without one. */
export interface Schema {
  readonly type: SchemaType;
  readonly optional?: boolean;
  /** A logical type, such as `org.apache.kafka.connect.data.Timestamp`, or the name of a struct. */
  readonly name?: string;
  readonly version?: number;
  readonly doc?: string;
  readonly parameters?: Readonly<Record<string, string>>;
  readonly default?: Value;
  readonly fields?: readonly Field[];
  readonly keys?: Schema;
  readonly values?: Schema;
}

/** A row with a schema. */
export class Struct {
  readonly schema: Schema;
  readonly values: ReadonlyMap<string, Value>;
  constructor(schema: Schema, values: ReadonlyMap<string, Value>) {
    this.schema = schema;
    this.values = values;
  }
}

/**
 * What travels between converters, transforms and sinks. Integers of 64 bits are `bigint` and fractions `number`, as JSON
 * without a schema gives them; smaller types are {@link Num}. A map keeps the order of its entries.
 */
export type Value =
  | null
  | boolean
  | string
  | bigint
  | number
  | Uint8Array
  | Date
  | Num
  | Decimal
  | BigInteger
  | Struct
  | readonly Value[]
  | ReadonlyMap<Value, Value>;

/** A value with its schema; `null` without one. */
export interface Typed {
  readonly schema: Schema | null;
  readonly value: Value;
}

export const nothing: Typed = { schema: null, value: null };

const logical = 'org.apache.kafka.connect.data.';
export const logicalDate: string = `${logical}Date`;
export const logicalTime: string = `${logical}Time`;
export const logicalTimestamp: string = `${logical}Timestamp`;
export const logicalDecimal: string = `${logical}Decimal`;

export const msPerDay = 86_400_000;

export function isMap(value: Value): value is ReadonlyMap<Value, Value> {
  return value instanceof Map;
}

export function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

/** The type that a value without a schema has; `undefined` where there is none, as for dates and decimals. */
export function typeOf(value: Value): SchemaType | undefined {
  if (typeof value === 'string' || typeof value === 'boolean') return typeof value === 'string' ? 'string' : 'boolean';
  if (typeof value === 'bigint') return 'int64';
  if (typeof value === 'number') return 'float64';
  if (value instanceof Num) return value.type;
  if (value instanceof Uint8Array) return 'bytes';
  if (value instanceof Struct) return 'struct';
  if (isList(value)) return 'array';
  return isMap(value) ? 'map' : undefined;
}

/** For messages: what kind of thing a value is. */
export function kindOf(value: Value): string {
  if (value === null) return 'null';
  if (value instanceof Date) return 'a date';
  if (value instanceof Decimal) return 'a decimal';
  if (value instanceof BigInteger) return 'an integer beyond 64 bits';
  return typeOf(value) ?? 'an unknown type';
}
