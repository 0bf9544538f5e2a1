import { ConfigError } from '../config/definition.ts';
import { formatDate } from '../dates/format.ts';
import { parseDate } from '../dates/parse.ts';
import { compilePattern, type DatePattern } from '../dates/pattern.ts';
import {
  DataError,
  kindOf,
  logicalDate,
  logicalTime,
  logicalTimestamp,
  msPerDay,
  type Schema,
  type Value,
} from '../data/values.ts';
import { cellsOf, requireMap, requireStruct, structOf, withPart } from './record.ts';
import { replaceNull, replacesNullIn, type TransformClass } from './transform-class.ts';

const precisions = ['seconds', 'milliseconds', 'microseconds', 'nanoseconds'] as const;

/** Makes times of text, numbers or dates, and back. In UTC, by Java's date formats. */
export const timestampConverter: TransformClass = {
  hasParts: true,
  definitions: {
    field: {
      type: 'string',
      default: '',
      doc: 'the field that holds the time; without it, the whole value is the time',
    },
    'target.type': {
      type: 'string',
      oneOf: ['string', 'unix', 'Date', 'Time', 'Timestamp'],
      doc: 'what to make of the time',
    },
    format: { type: 'string', default: '', doc: 'the date format of text, in the letters of SimpleDateFormat' },
    'unix.precision': { type: 'string', default: 'milliseconds', oneOf: precisions, doc: 'the unit of numbers' },
    ...replaceNull,
  },
  create(config, part) {
    const field = config.text('field');
    const target = config.text('target.type');
    const format = config.text('format').trim() === '' ? undefined : readFormat(config.text('format'), 'format');
    if (target === 'string' && format === undefined)
      throw new ConfigError('format is missing: target.type=string needs a date format');
    const unit = config.text('unix.precision');
    const replacesNull = replacesNullIn(config);

    const read = (value: Value): bigint => {
      if (value instanceof Date) return BigInt(value.getTime());
      if (typeof value === 'bigint') return fromUnix(value, unit);
      if (typeof value !== 'string') throw new DataError(`TimestampConverter cannot read a time from ${kindOf(value)}`);
      if (format === undefined) throw new DataError('TimestampConverter needs a format to read text');
      const ms = parseDate(format, value);
      if (ms === undefined)
        throw new DataError(`TimestampConverter cannot read ${JSON.stringify(value)} by its format`);
      return BigInt(ms);
    };
    const convert = (value: Value): Value => (value === null ? null : write(read(value)));
    const write = (ms: bigint): Value => {
      if (target === 'string') return formatDate(format ?? [], ms);
      if (target === 'unix') return toUnix(ms, unit);
      if (target === 'Timestamp') return dateOf(ms);
      const day = BigInt(msPerDay);
      const inDay = ((ms % day) + day) % day;
      return dateOf(target === 'Date' ? ms - inDay : inDay);
    };

    return (record) => {
      const { schema, value } = record[part];
      if (schema === null) {
        if (value === null || field === '') return withPart(record, part, { schema: null, value: convert(value) });
        const updated = new Map(requireMap(value, 'TimestampConverter'));
        updated.set(field, convert(updated.get(field) ?? null));
        return withPart(record, part, { schema: null, value: updated });
      }
      if (field === '') return withPart(record, part, { schema: converted(schema, target), value: convert(value) });
      if (value === null) return withPart(record, part, { schema: withConverted(schema, field, target), value });
      const struct = requireStruct(value, 'TimestampConverter');
      const cells = cellsOf(struct, replacesNull).map((cell) =>
        cell.name === field
          ? { name: field, schema: converted(cell.schema, target), value: convert(cell.value) }
          : cell,
      );
      return withPart(record, part, structOf(cells, struct.schema));
    };
  },
};

/** Reads a date format, and says which property has a wrong one. */
export function readFormat(format: string, property: string): DatePattern {
  try {
    return compilePattern(format);
  } catch (cause) {
    throw new ConfigError(`${property}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/** The schema of a record that is null: what its field held is not asked for. */
function withConverted(schema: Schema, field: string, target: string): Schema {
  if (schema.fields === undefined)
    throw new DataError(`TimestampConverter needs a struct, and the record has the schema ${schema.type}`);
  const { default: _, ...kept } = schema;
  return {
    ...kept,
    fields: schema.fields.map((each) =>
      each.name === field ? { name: field, schema: targetSchema(each.schema, target) } : each,
    ),
  };
}

function converted(schema: Schema, target: string): Schema {
  const { type, name } = schema;
  const isTime = name === logicalTimestamp || name === logicalDate || name === logicalTime;
  if (!isTime && type !== 'string' && type !== 'int64')
    throw new DataError(`TimestampConverter cannot read a time from ${type}`);
  return targetSchema(schema, target);
}

function targetSchema({ optional }: Schema, target: string): Schema {
  const isOptional = optional === undefined ? {} : { optional };
  switch (target) {
    case 'string':
      return { type: 'string', ...isOptional };
    case 'unix':
      return { type: 'int64', ...isOptional };
    case 'Date':
      return { type: 'int32', name: logicalDate, version: 1, ...isOptional };
    case 'Time':
      return { type: 'int32', name: logicalTime, version: 1, ...isOptional };
    default:
      return { type: 'int64', name: logicalTimestamp, version: 1, ...isOptional };
  }
}

function fromUnix(value: bigint, unit: string): bigint {
  if (unit === 'seconds') return within64Bits(value * 1_000n);
  if (unit === 'microseconds') return value / 1_000n;
  return unit === 'nanoseconds' ? value / 1_000_000n : value;
}

function toUnix(ms: bigint, unit: string): bigint {
  if (unit === 'seconds') return ms / 1_000n;
  if (unit === 'microseconds') return within64Bits(ms * 1_000n);
  return unit === 'nanoseconds' ? within64Bits(ms * 1_000_000n) : ms;
}

/** The largest or the smallest number of 64 bits for what is beyond. */
function within64Bits(value: bigint): bigint {
  const largest = 2n ** 63n - 1n;
  if (value > largest) return largest;
  return value < -largest - 1n ? -largest - 1n : value;
}

/** Throws {@link DataError} for a time that a `Date` does not hold: mostly one whose unit is another than unix.precision says. */
function dateOf(ms: bigint): Date {
  const date = new Date(Number(ms));
  if (!Number.isNaN(date.getTime())) return date;
  throw new DataError(`the time ${ms} is beyond the year 275760. Set unix.precision to the unit of the field`);
}
