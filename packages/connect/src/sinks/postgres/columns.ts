import { jsonTextOf } from '../../converters/json.ts';
import { decimalText, scalarText } from '../../data/java-text.ts';
import {
  DataError,
  Decimal,
  isList,
  kindOf,
  logicalDate,
  logicalDecimal,
  logicalTime,
  logicalTimestamp,
  type SchemaType,
  typeOf,
} from '../../data/values.ts';
import { type Cell, hasParts } from './rows.ts';

const bySchema: Readonly<Partial<Record<SchemaType, string>>> = {
  int8: 'smallint',
  int16: 'smallint',
  int32: 'integer',
  int64: 'bigint',
  float32: 'real',
  float64: 'double precision',
  boolean: 'boolean',
  string: 'text',
  bytes: 'bytea',
  array: 'jsonb',
  map: 'jsonb',
  struct: 'jsonb',
};

const byName: Readonly<Record<string, string>> = {
  [logicalDecimal]: 'numeric',
  [logicalDate]: 'date',
  [logicalTime]: 'time',
  [logicalTimestamp]: 'timestamp',
};

/** The type of a column that is made for a value; `undefined` for a null of which nothing is known. */
export function columnType({ schema, value }: Cell): string | undefined {
  if (schema !== null) return byName[schema.name ?? ''] ?? bySchema[schema.type];
  if (value === null) return undefined;
  if (value instanceof Date) return 'timestamp';
  // Without a schema 0 and 0.5 may be the same field: a column has to hold both.
  if (typeof value === 'bigint' || typeof value === 'number') return 'numeric';
  const type = typeOf(value);
  return type === undefined ? 'numeric' : bySchema[type];
}

/** The text from which PostgreSQL makes the value of a column of this type. Throws {@link DataError} for what has none. */
export function columnText(cell: Cell, type: string): string | null {
  const { schema, value } = cell;
  if (value === null) return null;
  if (type === 'json' || type === 'jsonb') return jsonTextOf(cell);
  if (typeof value === 'string' || typeof value === 'bigint') return String(value);
  if (value instanceof Uint8Array) return `\\x${Buffer.from(value).toString('hex')}`;
  if (value instanceof Date) {
    const text = value.toISOString();
    if (schema?.name === logicalDate) return text.slice(0, 10);
    return schema?.name === logicalTime ? text.slice(11, 23) : text;
  }
  if (value instanceof Decimal) return decimalText(value);
  if (isList(value) && type.endsWith('[]'))
    return listText(
      value.map((entry) => columnText({ schema: schema?.values ?? null, value: entry }, type.slice(0, -2))),
    );
  if (hasParts(cell)) {
    if (['text', 'character varying', 'bpchar'].includes(type)) return jsonTextOf(cell);
    throw new DataError(`a column of type ${type} cannot hold ${kindOf(value)}. Use a column of type jsonb`);
  }
  if (typeof value === 'number') return String(value);
  return scalarText(value) ?? null;
}

/** A list of text as PostgreSQL reads it. */
export function listText(texts: readonly (string | null)[]): string {
  return `{${texts.map((text) => (text === null ? 'NULL' : `"${special.test(text) ? text.replaceAll(/["\\]/g, String.raw`\$&`) : text}"`)).join(',')}}`;
}

const special = /["\\]/;
