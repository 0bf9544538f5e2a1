import type { Config } from '../config/definition.ts';
import { readJson } from '../data/json-read.ts';
import { decimalText, scalarText } from '../data/java-text.ts';
import {
  DataError,
  Decimal,
  isList,
  isMap,
  kindOf,
  logicalDate,
  logicalDecimal,
  logicalTime,
  logicalTimestamp,
  msPerDay,
  nothing,
  type Schema,
  Struct,
  type Typed,
  typeOf,
  type Value,
} from '../data/values.ts';
import type { Converter } from './converter.ts';
import { schemaFrom, schemaToJson } from './json-schema.ts';
import { valueFromJson } from './json-values.ts';

/** JSON, with or without an envelope of `schema` and `payload`. */
export function jsonConverter(className: string, config: Config): Converter {
  const isNumeric = config.text('decimal.format').toUpperCase() === 'NUMERIC';
  const replacesNull = config.flag('replace.null.with.default');
  const toValue = (schema: Schema | null, json: Value | undefined): Value => valueFromJson(schema, json, replacesNull);
  const toJson = (schema: Schema | null, value: Value): Value | undefined =>
    valueToJson(schema, value, { isNumeric, replacesNull });
  const isEnveloped = config.flag('schemas.enable');
  return {
    className,
    read(payload) {
      if (payload === null) return nothing;
      const json = readJson(payload);
      if (!isEnveloped) return { schema: null, value: toValue(null, json) };
      const isEnvelope =
        json !== undefined && isMap(json) && json.size === 2 && json.has('schema') && json.has('payload');
      if (!isEnvelope)
        throw new DataError(
          'with schemas.enable=true a payload has exactly the fields "schema" and "payload". For plain JSON set value.converter.schemas.enable=false (key.converter… for keys) beside the converter',
        );
      const schema = schemaFrom(json.get('schema'), toValue);
      return { schema, value: toValue(schema, json.get('payload')) };
    },
    write({ schema, value }) {
      if (schema === null && value === null) return null;
      if (schema === null && !isEnveloped) return Buffer.from(plainText(value, { isNumeric, replacesNull }));
      const json = toJson(schema, value) ?? null;
      if (!isEnveloped) return Buffer.from(jsonText(json));
      const described = schemaToJson(schema, (of, entry) => toJson(of, entry) ?? null);
      return Buffer.from(`{"schema":${jsonText(described)},"payload":${jsonText(json)}}`);
    },
  };
}

/** Plain JSON text of a value, as the converter writes it with `schemas.enable=false`: for sinks that put it into a text. */
export function jsonTextOf({ schema, value }: Typed): string {
  const options = { isNumeric: false, replacesNull: true };
  return schema === null ? plainText(value, options) : jsonText(valueToJson(schema, value, options) ?? null);
}

interface WriteOptions {
  readonly isNumeric: boolean;
  readonly replacesNull: boolean;
}

/** A value in the form that JSON can hold; dates as numbers, bytes as text. */
function valueToJson(schema: Schema | null, value: Value, options: WriteOptions): Value | undefined {
  if (value === null) {
    if (schema === null) return undefined;
    if (schema.default !== undefined && options.replacesNull) return valueToJson(schema, schema.default, options);
    if (schema.optional === true) return null;
    throw new DataError('a value is null, and its schema requires one and has no default');
  }
  const logical = schema?.name === undefined ? undefined : logicalToJson(schema, value, options);
  if (logical !== undefined) return logical;
  const type = schema?.type ?? typeOf(value);
  if (type === undefined) throw new DataError(`${kindOf(value)} without a schema cannot be written as JSON`);
  const inner = (of: Schema | null | undefined, entry: Value): Value => valueToJson(of ?? null, entry, options) ?? null;
  const isFitting = schema === null || typeOf(value) === type;
  if (!isFitting) throw new DataError(`the schema is ${type}, and the value is ${kindOf(value)}`);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (isList(value)) return value.map((entry) => inner(schema?.values, entry));
  if (value instanceof Struct)
    return new Map(
      (value.schema.fields ?? []).map((field) => [
        field.name,
        inner(field.schema, value.values.get(field.name) ?? null),
      ]),
    );
  if (!isMap(value)) return value;
  const entries = [...value].map(([key, entry]) => [key, inner(schema?.values, entry)] as const);
  const isObject =
    schema?.keys === undefined ? entries.every(([key]) => typeof key === 'string') : schema.keys.type === 'string';
  return isObject ? new Map(entries) : entries.map(([key, entry]) => [inner(schema?.keys, key), entry]);
}

function logicalToJson(schema: Schema, value: Value, { isNumeric }: WriteOptions): Value | undefined {
  const date = (): number => {
    if (value instanceof Date) return value.getTime();
    throw new DataError(`the schema is ${schema.name ?? ''}, and the value is ${kindOf(value)}`);
  };
  switch (schema.name ?? '') {
    case logicalDecimal:
      if (!(value instanceof Decimal))
        throw new DataError(`the schema is a decimal, and the value is ${kindOf(value)}`);
      return isNumeric ? value : decimalBytes(rescaled(value, schema)).toString('base64');
    case logicalDate:
      if (date() % msPerDay !== 0) throw new DataError('a date has a time of day, which its type cannot hold');
      return BigInt(date() / msPerDay);
    case logicalTime:
      if (date() < 0 || date() > msPerDay) throw new DataError('a time of day is outside of its day');
      return BigInt(date());
    case logicalTimestamp:
      return BigInt(date());
    default:
      return undefined;
  }
}

/** A decimal with as many digits behind the point as its schema says: bytes do not say how many there are. */
function rescaled(value: Decimal, schema: Schema): Decimal {
  const scale = Number(schema.parameters?.['scale'] ?? value.scale);
  if (scale === value.scale) return value;
  const factor = 10n ** BigInt(Math.abs(scale - value.scale));
  if (scale > value.scale) return new Decimal(value.unscaled * factor, scale);
  if (value.unscaled % factor === 0n) return new Decimal(value.unscaled / factor, scale);
  throw new DataError(`a decimal has ${value.scale} digits behind the point, and its schema says ${scale}`);
}

/** The digits of a decimal as a two's complement number, highest byte first. */
function decimalBytes({ unscaled }: Decimal): Buffer {
  let size = 1;
  while (BigInt.asIntN(size * 8, unscaled) !== unscaled) size += 1;
  return Buffer.from(
    BigInt.asUintN(size * 8, unscaled)
      .toString(16)
      .padStart(size * 2, '0'),
    'hex',
  );
}

/** The text of a value without a schema, in one pass: most values need no other form first. */
function plainText(value: Value, options: WriteOptions): string {
  if (typeof value === 'string') return quoted(value);
  if (value === null) return 'null';
  if (isList(value)) return `[${value.map((entry) => plainText(entry, options)).join(',')}]`;
  if (!isMap(value)) return jsonText(valueToJson(null, value, options) ?? null);
  let text = '';
  for (const [name, entry] of value) {
    if (typeof name !== 'string') return jsonText(valueToJson(null, value, options) ?? null);
    text += `${text === '' ? '' : ','}${quoted(name)}:${plainText(entry, options)}`;
  }
  return `{${text}}`;
}

/** JSON text in which fractions keep their point. */
function jsonText(value: Value): string {
  if (typeof value === 'string') return quoted(value);
  if (isList(value)) return `[${value.map(jsonText).join(',')}]`;
  if (isMap(value))
    return `{${[...value].map(([key, entry]) => `${quoted(scalarText(key) ?? '')}:${jsonText(entry)}`).join(',')}}`;
  if (value instanceof Decimal) return decimalText(value);
  const text = scalarText(value) ?? 'null';
  return ['NaN', 'Infinity', '-Infinity'].includes(text) ? `"${text}"` : text;
}

// oxlint-disable-next-line no-control-regex -- these are what has to be written otherwise
const escaped = /[\u0000-\u001F"\\\uD800-\uDFFF]/g;
const short: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

/** As Java's writer does, to the byte: digits of escapes are capital, and what takes two characters is escaped. */
function quoted(text: string): string {
  if (text.search(escaped) === -1) return `"${text}"`;
  return `"${text.replaceAll(escaped, (char) => short[char] ?? `\\u${char.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`)}"`;
}
