import {
  DataError,
  logicalDate,
  logicalDecimal,
  logicalTime,
  logicalTimestamp,
  Num,
  type Schema,
} from '../../data/values.ts';

const fullName = /^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*$/;
/** What Confluent's converter names the structs of a schema that have no name: the second has a 2 behind it, and so on. */
const nameless = 'io.confluent.connect.avro.ConnectDefault';
/** What Kafka Connect's own converter writes of a decimal that does not say how many digits it has. */
const precision = 64;

/** The shapes of structs by their names. */
type Named = Map<string, string>;

/** The Avro schema of a schema of Kafka Connect, in the form that Confluent's converter registers. Throws {@link DataError}. */
export function avroSchemaOf(schema: Schema, named: Named = new Map<string, string>(), around = ''): unknown {
  const type = bareTypeOf(schema, named, around);
  if (schema.optional !== true) return type;
  return defaultIn(schema) === undefined ? ['null', type] : [type, 'null'];
}

function bareTypeOf(schema: Schema, named: Named, around: string): unknown {
  const { type, name } = schema;
  const noted = (avro: string, logicalType: string, more: object = {}): object => ({
    type: avro,
    ...more,
    'connect.version': schema.version ?? 1,
    'connect.name': name,
    logicalType,
  });
  if (name === logicalDate) return noted('int', 'date');
  if (name === logicalTime) return noted('int', 'time-millis');
  if (name === logicalTimestamp) return noted('long', 'timestamp-millis');
  if (name === logicalDecimal) {
    const scale = schema.parameters?.['scale'] ?? '0';
    return noted('bytes', 'decimal', { scale: Number(scale), precision, 'connect.parameters': { scale } });
  }
  switch (type) {
    case 'int8':
    case 'int16':
      return { type: 'int', 'connect.type': type };
    case 'int32':
      return 'int';
    case 'int64':
      return 'long';
    case 'float32':
      return 'float';
    case 'float64':
      return 'double';
    case 'array':
      return { type: 'array', items: avroSchemaOf(required(schema.values, 'a list'), named, around) };
    case 'map':
      if (schema.keys !== undefined && (schema.keys.type !== 'string' || schema.keys.optional === true))
        throw new DataError(`Avro has maps of text only, and the schema has one of ${schema.keys.type}`);
      return { type: 'map', values: avroSchemaOf(required(schema.values, 'a map'), named, around) };
    case 'struct':
      return recordOf(schema, named, around);
    case 'boolean':
    case 'string':
    case 'bytes':
      return type;
  }
}

/** `around` is the namespace of the record that this one is in. */
function recordOf(schema: Schema, named: Named, around: string): unknown {
  const shape = JSON.stringify(schema.fields ?? [], (_, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  );
  const name = schema.name ?? namelessOf(shape, named);
  if (!fullName.test(name))
    throw new DataError(
      `the schema has the name ${JSON.stringify(name)}, which Avro does not allow. Rename it with SetSchemaMetadata`,
    );
  const before = named.get(name);
  // A name alone is one of the namespace around it, and one without a namespace only if there is none of that name.
  const isHidden = !name.includes('.') && around !== '' && named.has(`${around}.${name}`);
  if (before === shape && !isHidden) return name;
  if (before !== undefined)
    throw new DataError(
      `the schema has two structs with the name ${name}. Name them with SetSchemaMetadata, or flatten them with Flatten`,
    );
  named.set(name, shape);
  const dot = name.lastIndexOf('.');
  const namespace = dot === -1 ? '' : name.slice(0, dot);
  return {
    type: 'record',
    name: name.slice(dot + 1),
    ...(namespace === '' && around === '' ? {} : { namespace }),
    ...(schema.doc === undefined ? {} : { doc: schema.doc }),
    fields: (schema.fields ?? []).map((field) => fieldOf(field.name, field.schema, named, namespace)),
    ...(schema.version === undefined ? {} : { 'connect.version': schema.version }),
    ...(schema.name === undefined ? {} : { 'connect.name': schema.name }),
  };
}

function namelessOf(shape: string, named: Named): string {
  for (let count = 1; ; count += 1) {
    const name = count === 1 ? nameless : `${nameless}${count}`;
    const before = named.get(name);
    if (before === undefined || before === shape) return name;
  }
}

function fieldOf(name: string, schema: Schema, named: Named, around: string): object {
  if (!fullName.test(name) || name.includes('.'))
    throw new DataError(
      `the schema has the field ${JSON.stringify(name)}, whose name Avro does not allow. Rename it with ReplaceField`,
    );
  const otherwise = defaultIn(schema) ?? (schema.optional === true ? null : undefined);
  return {
    name,
    type: avroSchemaOf(schema, named, around),
    ...(otherwise === undefined ? {} : { default: otherwise }),
  };
}

/** The default of a plain type, as Avro's JSON has it. Others are filled in when a value is written. */
function defaultIn(schema: Schema): string | boolean | number | undefined {
  const { default: value } = schema;
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (value instanceof Num) return Number.isFinite(value.value) ? value.value : undefined;
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  return typeof value === 'bigint' && Number.isSafeInteger(Number(value)) ? Number(value) : undefined;
}

function required(schema: Schema | undefined, of: string): Schema {
  if (schema !== undefined) return schema;
  throw new DataError(`the schema has ${of} whose entries have no type, which Avro cannot say`);
}
