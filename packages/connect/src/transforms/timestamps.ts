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
import { replaceNull, type TransformClass } from './transform-class.ts';

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

    const read = (value: Value): number => {
      if (value instanceof Date) return value.getTime();
      if (typeof value === 'bigint') return fromUnix(value, unit);
      if (typeof value !== 'string') throw new DataError(`TimestampConverter cannot read a time from ${kindOf(value)}`);
      if (format === undefined) throw new DataError('TimestampConverter needs a format to read text');
      const ms = parseDate(format, value);
      if (ms === undefined)
        throw new DataError(`TimestampConverter cannot read ${JSON.stringify(value)} by its format`);
      return ms;
    };
    const convert = (value: Value): Value => (value === null ? null : write(read(value)));
    const write = (ms: number): Value => {
      if (target === 'string') return formatDate(format ?? [], ms);
      if (target === 'unix') return toUnix(BigInt(ms), unit);
      if (target === 'Timestamp') return new Date(ms);
      const inDay = ((ms % msPerDay) + msPerDay) % msPerDay;
      return new Date(target === 'Date' ? ms - inDay : inDay);
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
      if (value === null) return record;
      const struct = requireStruct(value, 'TimestampConverter');
      const cells = cellsOf(struct).map((cell) =>
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

function converted({ type, name, optional }: Schema, target: string): Schema {
  const isTime = name === logicalTimestamp || name === logicalDate || name === logicalTime;
  if (!isTime && type !== 'string' && type !== 'int64')
    throw new DataError(`TimestampConverter cannot read a time from ${type}`);
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

function fromUnix(value: bigint, unit: string): number {
  if (unit === 'seconds') return Number(value * 1_000n);
  if (unit === 'microseconds') return Number(value / 1_000n);
  return Number(unit === 'nanoseconds' ? value / 1_000_000n : value);
}

function toUnix(ms: bigint, unit: string): bigint {
  if (unit === 'seconds') return ms / 1_000n;
  if (unit === 'microseconds') return ms * 1_000n;
  return unit === 'nanoseconds' ? ms * 1_000_000n : ms;
}
