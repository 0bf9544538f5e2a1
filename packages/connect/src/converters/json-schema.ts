import { javaText } from '../data/java-text.ts';
import { DataError, isList, isMap, type Field, Num, type Schema, type SchemaType, type Value } from '../data/values.ts';
import { toInteger } from '../data/numbers.ts';

const typesByName: Readonly<Record<string, SchemaType>> = {
  int8: 'int8',
  int16: 'int16',
  int32: 'int32',
  int64: 'int64',
  float: 'float32',
  double: 'float64',
  boolean: 'boolean',
  string: 'string',
  bytes: 'bytes',
  array: 'array',
  map: 'map',
  struct: 'struct',
};
const namesByType: ReadonlyMap<SchemaType, string> = new Map(
  Object.entries(typesByName).map(([name, type]) => [type, name]),
);

type ToValue = (schema: Schema, json: Value | undefined) => Value;

/** A schema from its JSON form; `null` from `null`. `toValue` reads the defaults. Throws `DataError`. */
export function schemaFrom(json: Value | undefined, toValue: ToValue): Schema | null {
  if (json === null || json === undefined) return null;
  const entry = (name: string): Value | undefined => (isMap(json) ? json.get(name) : undefined);
  const name = entry('type');
  if (typeof name !== 'string') throw new DataError('a schema has no type');
  const type = Object.hasOwn(typesByName, name) ? typesByName[name] : undefined;
  if (type === undefined) throw new DataError(`a schema has the unknown type ${JSON.stringify(name)}`);
  const inner = (part: string): Schema => {
    const schema = isMap(entry(part) ?? null) ? schemaFrom(entry(part), toValue) : null;
    if (schema === null) throw new DataError(`the schema of ${type === 'array' ? 'an array' : 'a map'} has no ${part}`);
    return schema;
  };
  const [label, version, doc] = [entry('name'), entry('version'), entry('doc')];
  const bare: Schema = {
    type,
    optional: entry('optional') === true,
    ...(typeof label === 'string' ? { name: label } : {}),
    ...(typeof version === 'bigint' ? { version: int32(version) } : {}),
    ...(typeof doc === 'string' ? { doc } : {}),
    ...parametersOf(entry('parameters')),
    ...(type === 'array' ? { values: inner('items') } : {}),
    ...(type === 'map' ? { keys: inner('keys'), values: inner('values') } : {}),
    ...(type === 'struct' ? { fields: fieldsOf(entry('fields'), toValue) } : {}),
  };
  const otherwise = entry('default');
  if (otherwise === undefined || (otherwise === null && bare.optional === true)) return bare;
  const value = otherwise === null ? null : toValue(bare, otherwise);
  if (type === 'struct' || (value === null && bare.optional !== true))
    throw new DataError(`the default of a schema is not of its type ${type}`);
  return { ...bare, default: value };
}

function int32(value: bigint): number {
  const wrapped = toInteger('int32', value);
  return wrapped instanceof Num ? wrapped.value : 0;
}

function parametersOf(json: Value | undefined): { parameters?: Record<string, string> } {
  if (json === undefined || !isMap(json)) return {};
  const parameters: Record<string, string> = {};
  for (const [name, value] of json) {
    if (typeof value !== 'string') throw new DataError('the parameters of a schema must be text');
    parameters[javaText(name)] = value;
  }
  return { parameters };
}

function fieldsOf(json: Value | undefined, toValue: ToValue): Field[] {
  if (json === undefined || !isList(json)) throw new DataError('the schema of a struct has no list of fields');
  return json.map((entry) => {
    const name = isMap(entry) ? entry.get('field') : undefined;
    if (typeof name !== 'string') throw new DataError('a field of a struct has no name');
    const schema = schemaFrom(entry, toValue);
    if (schema === null) throw new DataError(`the field ${name} has no schema`);
    return { name, schema };
  });
}

/** The JSON form of a schema. */
export function schemaToJson(schema: Schema | null, toJson: (schema: Schema, value: Value) => Value): Value {
  if (schema === null) return null;
  const json = new Map<Value, Value>([['type', namesByType.get(schema.type) ?? schema.type]]);
  if (schema.values !== undefined && schema.type === 'array') json.set('items', schemaToJson(schema.values, toJson));
  if (schema.keys !== undefined) json.set('keys', schemaToJson(schema.keys, toJson));
  if (schema.values !== undefined && schema.type === 'map') json.set('values', schemaToJson(schema.values, toJson));
  if (schema.fields !== undefined)
    json.set(
      'fields',
      schema.fields.map((field) => {
        const inner = schemaToJson(field.schema, toJson);
        return new Map<Value, Value>([...(isMap(inner) ? inner : []), ['field', field.name]]);
      }),
    );
  json.set('optional', schema.optional === true);
  if (schema.name !== undefined) json.set('name', schema.name);
  if (schema.version !== undefined) json.set('version', BigInt(schema.version));
  if (schema.doc !== undefined) json.set('doc', schema.doc);
  if (schema.parameters !== undefined) json.set('parameters', new Map(Object.entries(schema.parameters)));
  if (schema.default !== undefined) json.set('default', toJson(schema, schema.default));
  return json;
}
