import { decimalToInteger, float32, parseDecimal, toDouble, toInteger } from '../data/numbers.ts';
import { BigInteger, DataError, Decimal, isList, isMap, kindOf, Num, type Value } from '../data/values.ts';
import { cellsOf, requireMap, requireStruct, structOf, withPart } from './record.ts';
import { replaceNull, replacesNullIn, type TransformClass } from './transform-class.ts';

/** Puts zero, nothing, or a text in place of what fields say. */
export const maskField: TransformClass = {
  hasParts: true,
  definitions: {
    fields: { type: 'list', notEmpty: true, doc: 'the fields to mask' },
    replacement: { type: 'string', optional: true, notEmpty: true, doc: 'what to put for text and numbers' },
    ...replaceNull,
  },
  create(config, part) {
    const names = config.list('fields');
    const replacement = config.optional('replacement');
    const replacesNull = replacesNullIn(config);
    const masked = (value: Value): Value => {
      if (value === null) return null;
      return replacement === undefined ? zeroOf(value) : replaced(value, replacement);
    };
    return (record) => {
      const { schema, value } = record[part];
      if (schema === null) {
        const updated = new Map(requireMap(value, 'MaskField'));
        for (const name of names) updated.set(name, masked(updated.get(name) ?? null));
        return withPart(record, part, { schema: null, value: updated });
      }
      const struct = requireStruct(value, 'MaskField');
      const cells = cellsOf(struct, replacesNull).map((cell) =>
        names.includes(cell.name) ? { ...cell, value: masked(cell.value) } : cell,
      );
      return withPart(record, part, structOf(cells, struct.schema));
    };
  },
};

function zeroOf(value: Value): Value {
  if (typeof value === 'string') return '';
  if (typeof value === 'boolean') return false;
  if (typeof value === 'bigint') return 0n;
  if (typeof value === 'number') return 0;
  if (value instanceof Num) return new Num(value.type, 0);
  if (value instanceof Decimal) return new Decimal(0n, 0);
  if (value instanceof BigInteger) return new BigInteger(0n);
  if (value instanceof Date) return new Date(0);
  if (isList(value)) return [];
  if (isMap(value)) return new Map();
  throw new DataError(`MaskField cannot mask ${kindOf(value)}`);
}

function replaced(value: Value, text: string): Value {
  if (typeof value === 'string') return text;
  const isNumber =
    typeof value === 'bigint' ||
    typeof value === 'number' ||
    value instanceof Num ||
    value instanceof Decimal ||
    value instanceof BigInteger;
  if (!isNumber)
    throw new DataError(`MaskField puts a replacement for text and numbers only, not for ${kindOf(value)}`);
  const decimal = parseDecimal(text);
  if (decimal === undefined)
    throw new DataError(`the replacement ${JSON.stringify(text)} is not a number, as the field is`);
  if (value instanceof Decimal) return decimal;
  if (value instanceof BigInteger) return new BigInteger(decimalToInteger(decimal));
  if (typeof value === 'number') return toDouble(decimal) ?? 0;
  if (value instanceof Num && value.type === 'float32') return float32(toDouble(decimal) ?? 0);
  const whole = BigInt.asIntN(64, decimalToInteger(decimal));
  return value instanceof Num && value.type !== 'float32' ? (toInteger(value.type, whole) ?? 0n) : whole;
}
