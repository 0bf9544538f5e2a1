import { float32, parseDecimal, toDouble, toInteger } from '../data/numbers.ts';
import { scalarText } from '../data/java-text.ts';
import {
  dateAt,
  DataError,
  Decimal,
  type Field,
  isList,
  isMap,
  kindOf,
  logicalDate,
  logicalDecimal,
  logicalTime,
  logicalTimestamp,
  msPerDay,
  Num,
  type Schema,
  Struct,
  type Value,
} from '../data/values.ts';

/**
 * A value from its JSON form. Types that do not fit are made to, as Kafka Connect does: text where a number is expected is 0.
 * Throws `DataError` for a missing value that the schema requires.
 */
export function valueFromJson(schema: Schema | null, json: Value | undefined, replacesNull: boolean): Value {
  if (schema === null) return json ?? null;
  if (json === null || json === undefined) {
    if (schema.default !== undefined && replacesNull) return schema.default;
    if (schema.optional === true) return null;
    throw new DataError(`a value is null, and its schema requires ${schema.type}`);
  }
  return logicalFrom(schema, json) ?? plainFrom(schema, json, replacesNull);
}

function plainFrom(schema: Schema, json: Value, replacesNull: boolean): Value {
  const inner = (of: Schema | undefined, entry: Value | undefined): Value =>
    valueFromJson(of ?? null, entry, replacesNull);
  switch (schema.type) {
    case 'boolean':
      return json === true;
    case 'int8':
    case 'int16':
    case 'int32':
      return toInteger(schema.type, json) ?? new Num(schema.type, 0);
    case 'int64':
      return toInteger('int64', json) ?? 0n;
    case 'float32':
      return float32(toDouble(json) ?? 0);
    case 'float64':
      return toDouble(json) ?? 0;
    case 'string':
      return typeof json === 'string' ? json : null;
    case 'bytes':
      return bytesFrom(json);
    case 'array':
      return isList(json) ? json.map((entry) => inner(schema.values, entry)) : [];
    case 'map':
      return mapFrom(schema, json, inner);
    case 'struct':
      if (!isMap(json)) throw new DataError(`a struct is expected, and the payload has ${kindOf(json)}`);
      return new Struct(
        schema,
        new Map(
          (schema.fields ?? []).map((field) => [
            field.name,
            required(field, inner(field.schema, json.get(field.name))),
          ]),
        ),
      );
  }
}

function mapFrom(
  schema: Schema,
  json: Value,
  inner: (of: Schema | undefined, entry: Value | undefined) => Value,
): Value {
  if (schema.keys?.type === 'string') {
    if (!isMap(json)) throw new DataError(`a map is expected, and the payload has ${kindOf(json)}`);
    return new Map([...json].map(([key, entry]) => [key, inner(schema.values, entry)]));
  }
  if (!isList(json)) throw new DataError(`a list of pairs is expected, and the payload has ${kindOf(json)}`);
  return new Map(
    json.map((pair) => {
      if (!isList(pair) || pair.length !== 2) throw new DataError('an entry of a map is not a pair');
      return [inner(schema.keys, pair[0]), inner(schema.values, pair[1])];
    }),
  );
}

/** Another type than the schema says makes a null, which a struct refuses where the field is required, as in Kafka Connect. */
function required({ name, schema }: Field, value: Value): Value {
  if (value === null && schema.optional !== true)
    throw new DataError(`the field ${name} is of another type than ${schema.type}, and its schema requires one`);
  return value;
}

function bytesFrom(json: Value): Uint8Array | null {
  if (typeof json !== 'string') return null;
  // Not by groups of four: of some megabytes of them the stack has no room.
  if (json.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(json)) throw new DataError('bytes are not base64');
  return Buffer.from(json, 'base64');
}

function logicalFrom(schema: Schema, json: Value): Value | undefined {
  switch (schema.name ?? '') {
    case logicalDecimal:
      return decimalFrom(schema, json);
    case logicalDate:
      return dateAt(whole(json, 'a date', true) * msPerDay);
    case logicalTime: {
      const ms = whole(json, 'a time', true);
      if (ms < 0 || ms > msPerDay) throw new DataError('a time of day is outside of its day');
      return new Date(ms);
    }
    case logicalTimestamp:
      return dateAt(whole(json, 'a timestamp', false));
    default:
      return undefined;
  }
}

function whole(json: Value, what: string, isInt32: boolean): number {
  if (typeof json !== 'bigint' || (isInt32 && BigInt.asIntN(32, json) !== json))
    throw new DataError(`${what} is expected as a whole number, and the payload has ${kindOf(json)}`);
  return Number(json);
}

function decimalFrom(schema: Schema, json: Value): Decimal {
  const bytes = bytesFrom(json);
  if (bytes !== null) {
    const scale = schema.parameters?.['scale'];
    if (scale === undefined || !/^-?\d+$/.test(scale)) throw new DataError('the schema of a decimal has no scale');
    if (bytes.byteLength === 0) throw new DataError('a decimal has no digits');
    const unsigned = BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
    return new Decimal(BigInt.asIntN(bytes.byteLength * 8, unsigned), Number(scale));
  }
  const decimal = typeof json === 'boolean' ? undefined : parseDecimal(scalarText(json) ?? '');
  if (decimal === undefined) throw new DataError(`a decimal is expected, and the payload has ${kindOf(json)}`);
  return decimal;
}
