import { ConfigError } from '../config/definition.ts';
import { isoText, scalarText } from '../data/java-text.ts';
import { fits, float32, toDouble, toInteger, wrap } from '../data/numbers.ts';
import {
  DataError,
  kindOf,
  logicalDate,
  msPerDay,
  Num,
  type Schema,
  type SchemaType,
  typeOf,
  type Value,
} from '../data/values.ts';
import { cellsOf, requireMap, requireStruct, structOf, withPart } from './record.ts';
import { replaceNull, replacesNullIn, type TransformClass } from './transform-class.ts';

const targets = ['int8', 'int16', 'int32', 'int64', 'float32', 'float64', 'boolean', 'string'] as const;
type Target = (typeof targets)[number];
const sources: ReadonlySet<SchemaType> = new Set<SchemaType>([...targets, 'bytes']);

/** Makes fields, or the whole value, another type, as casts in Java do: numbers wrap, text has to fit. */
export const cast: TransformClass = {
  hasParts: true,
  definitions: {
    spec: { type: 'list', notEmpty: true, doc: 'pairs of field and type, or one type for the whole value' },
    ...replaceNull,
  },
  create(config, part) {
    const { whole, fields } = readSpec(config.list('spec'));
    const replacesNull = replacesNullIn(config);
    return (record) => {
      const { schema, value } = record[part];
      if (value === null) return record;
      if (whole !== undefined) {
        return withPart(record, part, {
          schema: schema === null ? null : recast(schema, whole),
          value: castTo(whole, value, schema),
        });
      }
      if (schema === null) {
        const updated = new Map(requireMap(value, 'Cast'));
        for (const [name, target] of fields) updated.set(name, castTo(target, updated.get(name) ?? null, null));
        return withPart(record, part, { schema: null, value: updated });
      }
      const struct = requireStruct(value, 'Cast');
      const cells = cellsOf(struct, replacesNull).map((cell) => {
        const target = fields.get(cell.name);
        if (target === undefined) return cell;
        const { name } = cell;
        return { name, schema: recast(cell.schema, target), value: castTo(target, cell.value, cell.schema) };
      });
      return withPart(record, part, structOf(cells, struct.schema));
    };
  },
};

interface Spec {
  readonly whole: Target | undefined;
  readonly fields: ReadonlyMap<string, Target>;
}

function readSpec(spec: readonly string[]): Spec {
  const fields = new Map<string, Target>();
  let whole: Target | undefined;
  for (const entry of spec) {
    const parts = entry.split(':');
    if (parts.length > 2) throw new ConfigError(`spec has ${JSON.stringify(entry)}. Use field:type, or type alone`);
    const name = parts.at(-1)?.trim().toLowerCase();
    const target = targets.find((type) => type === name);
    if (target === undefined)
      throw new ConfigError(`spec has the type ${JSON.stringify(name)}. Use one of: ${targets.join(', ')}`);
    if (parts.length === 1) whole = target;
    else fields.set(parts[0]?.trim() ?? '', target);
  }
  if (whole !== undefined && spec.length > 1)
    throw new ConfigError('spec casts the whole value, and names fields beside it. Use one of both');
  return { whole, fields };
}

function recast(schema: Schema, type: Target): Schema {
  const { default: otherwise, optional } = schema;
  return {
    type,
    ...(optional === undefined ? {} : { optional }),
    ...(otherwise === undefined ? {} : { default: castTo(type, otherwise, schema) }),
  };
}

function castTo(target: Target, given: Value, schema: Schema | null): Value {
  if (given === null) return null;
  const source = schema?.type ?? (given instanceof Date ? 'int64' : typeOf(given));
  if (source === undefined || !sources.has(source)) throw new DataError(`Cast cannot cast ${kindOf(given)}`);
  if (target === 'string') return textOf(given);
  const value = given instanceof Date && schema !== null ? encoded(given, schema) : given;
  if (target === 'boolean') return toBoolean(value);
  const number = typeof value === 'boolean' ? (value ? 1n : 0n) : value;
  if (typeof number === 'string') return parsed(target, number);
  const isFraction = target === 'float32' || target === 'float64';
  const double = isFraction ? toDouble(number) : undefined;
  const result = isFraction ? double : toInteger(target, number);
  if (result === undefined) throw new DataError(`Cast cannot make ${target} of ${kindOf(given)}`);
  return target === 'float32' ? float32(double ?? 0) : result;
}

function encoded(date: Date, schema: Schema): Value {
  const ms = date.getTime();
  if (schema.type === 'int64') return BigInt(ms);
  return new Num('int32', schema.name === logicalDate ? Math.floor(ms / msPerDay) : ms);
}

function textOf(value: Value): string {
  if (value instanceof Date) return isoText(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  const text = scalarText(value);
  if (text === undefined) throw new DataError(`Cast cannot make text of ${kindOf(value)}`);
  return text;
}

function toBoolean(value: Value): boolean {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'string') return value.toLowerCase() === 'true';
  const whole = toInteger('int64', value);
  if (whole === undefined) throw new DataError(`Cast cannot make a boolean of ${kindOf(value)}`);
  return whole !== 0n;
}

const javaFraction = /^[+-]?(?:NaN|Infinity|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[fFdD]?)$/;

/** Text as a number: a whole number has to fit its type, a fraction may be written as Java writes it. */
function parsed(target: Exclude<Target, 'string' | 'boolean'>, text: string): Value {
  if (target === 'float32' || target === 'float64') {
    const trimmed = text.trim();
    if (!javaFraction.test(trimmed)) throw outOfRange(target, text);
    const fraction = Number(trimmed.replace(/(?<=[\d.])[fFdD]$/, ''));
    return target === 'float32' ? float32(fraction) : fraction;
  }
  const whole = /^[+-]?\d+$/.test(text) ? BigInt(text.replace(/^\+/, '')) : undefined;
  if (whole === undefined || !fits(target, whole)) throw outOfRange(target, text);
  return target === 'int64' ? whole : wrap(target, whole);
}

function outOfRange(target: string, text: string): DataError {
  return new DataError(
    `Cast cannot make ${target} of ${JSON.stringify(text)}: it is not such a number, or out of range`,
  );
}
