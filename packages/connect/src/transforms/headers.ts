import { javaText } from '../data/java-text.ts';
import { ConfigError } from '../config/definition.ts';
import { parseText } from '../data/parse-text.ts';
import { DataError, Struct, type Value } from '../data/values.ts';
import { cellsOf, type RecordHeader, requireMap, requireStruct, remade, withPart } from './record.ts';
import { replaceNull, replacesNullIn, type TransformClass } from './transform-class.ts';

/** Adds a header with a fixed value, whose type is guessed. */
export const insertHeader: TransformClass = {
  hasParts: false,
  definitions: {
    header: { type: 'string', doc: 'the name of the header' },
    'value.literal': { type: 'string', doc: 'the value of the header' },
  },
  create(config) {
    const header: RecordHeader = { name: config.text('header'), typed: parseText(config.text('value.literal')) };
    return (record) => ({ ...record, headers: [...record.headers, header] });
  },
};

/** Removes headers by name. */
export const dropHeaders: TransformClass = {
  hasParts: false,
  definitions: { headers: { type: 'list', notEmpty: true, doc: 'the names of the headers' } },
  create(config) {
    const names = new Set(config.list('headers'));
    return (record) => ({ ...record, headers: record.headers.filter(({ name }) => !names.has(name)) });
  },
};

/** Copies or moves fields into headers. */
export const headerFrom: TransformClass = {
  hasParts: true,
  definitions: {
    fields: { type: 'list', notEmpty: true, doc: 'the fields' },
    headers: { type: 'list', notEmpty: true, doc: 'the names of the headers, one per field' },
    operation: { type: 'string', oneOf: ['move', 'copy'], doc: 'move or copy' },
    ...replaceNull,
  },
  create(config, part) {
    const fields = config.list('fields');
    const headers = config.list('headers');
    if (fields.length !== headers.length)
      throw new ConfigError(
        `fields has ${fields.length} names and headers has ${headers.length}. Give one header per field`,
      );
    const isMoving = config.text('operation') === 'move';
    const replacesNull = replacesNullIn(config);
    return (record) => {
      const { schema, value } = record[part];
      if (schema !== null) {
        const struct = requireStruct(value, 'HeaderFrom');
        const added = fields.map((field, index) => ({
          name: headers[index] ?? '',
          typed: typedIn(struct, field, replacesNull),
        }));
        const kept = cellsOf(struct, replacesNull).filter(({ name }) => !fields.includes(name));
        const moved = isMoving ? withPart(record, part, remade(kept, struct.schema)) : record;
        return { ...moved, headers: [...record.headers, ...added] };
      }
      const map = requireMap(value, 'HeaderFrom');
      const added = fields.map((field, index) => ({
        name: headers[index] ?? '',
        typed: { schema: null, value: map.get(field) ?? null },
      }));
      const kept = new Map([...map].filter(([name]) => !fields.includes(javaText(name))));
      const moved = isMoving ? withPart(record, part, { schema: null, value: kept }) : record;
      return { ...moved, headers: [...record.headers, ...added] };
    };
  },
};

function valuesOf(struct: Struct, replacesNull: boolean): ReadonlyMap<string, Value> {
  return new Map(cellsOf(struct, replacesNull).map(({ name, value }) => [name, value]));
}

function typedIn(
  struct: Struct,
  name: string,
  replacesNull: boolean,
): Extract<RecordHeader, { typed: unknown }>['typed'] {
  const cell = cellsOf(struct, replacesNull).find((entry) => entry.name === name);
  if (cell === undefined) throw new DataError(`HeaderFrom needs the field ${name}, which the schema does not have`);
  return { schema: cell.schema, value: cell.value };
}

/** Names a schema, or gives it a version. */
export const setSchemaMetadata: TransformClass = {
  hasParts: true,
  definitions: {
    'schema.name': { type: 'string', optional: true, doc: 'the name of the schema' },
    'schema.version': { type: 'int', optional: true, doc: 'the version of the schema' },
    ...replaceNull,
  },
  create(config, part) {
    const name = config.optional('schema.name');
    const version = config.optional('schema.version');
    const replacesNull = replacesNullIn(config);
    return (record) => {
      const { schema, value } = record[part];
      if (schema === null && value === null) return record;
      if (schema === null) throw new DataError('SetSchemaMetadata needs a schema, and the record has none');
      const named = {
        ...schema,
        ...(name === undefined ? {} : { name }),
        ...(version === undefined ? {} : { version: Number(version) }),
      };
      return withPart(record, part, {
        schema: named,
        value: value instanceof Struct ? new Struct(named, valuesOf(value, replacesNull)) : value,
      });
    };
  },
};
