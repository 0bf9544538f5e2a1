import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { decimalText } from '../../data/java-text.ts';
import { BigInteger, DataError, Decimal, isList, isMap, kindOf, Num, Struct, type Value } from '../../data/values.ts';

const mostDigits = 38;

/** A value as DynamoDB holds it. Throws {@link DataError} for a number that it cannot hold. */
export function attributeOf(value: Value): AttributeValue {
  if (value === null) return { NULL: true };
  if (typeof value === 'string') return { S: value };
  if (typeof value === 'boolean') return { BOOL: value };
  if (value instanceof Uint8Array) return { B: value };
  if (value instanceof Date) return { S: value.toISOString() };
  if (isList(value)) return { L: value.map(attributeOf) };
  if (value instanceof Struct) return { M: attributesOf(value.values) };
  if (isMap(value)) return { M: attributesOf(value) };
  return { N: numberText(value) };
}

/** The attributes of a map or struct; `undefined` for another value. */
export function fieldsOf(value: Value): Record<string, AttributeValue> | undefined {
  if (value instanceof Struct) return attributesOf(value.values);
  return isMap(value) ? attributesOf(value) : undefined;
}

function attributesOf(map: ReadonlyMap<Value, Value>): Record<string, AttributeValue> {
  return Object.fromEntries(
    [...map].map(([name, field]) => {
      if (typeof name !== 'string')
        throw new DataError(`an attribute is named by text, and a map has ${kindOf(name)} as a key`);
      return [name, attributeOf(field)];
    }),
  );
}

function numberText(value: bigint | number | Num | Decimal | BigInteger): string {
  const text =
    value instanceof Decimal
      ? decimalText(value)
      : String(value instanceof Num || value instanceof BigInteger ? value.value : value);
  const digits = text
    .replace(/[eE].*$/, '')
    .replaceAll(/\D/g, '')
    .replace(/^0+/, '')
    .replace(/0+$/, '');
  if (!/\d/.test(text) || digits.length > mostDigits)
    throw new DataError(
      `${text} is not a number that DynamoDB can hold: it has ${mostDigits} digits at most, and no NaN`,
    );
  return text;
}
