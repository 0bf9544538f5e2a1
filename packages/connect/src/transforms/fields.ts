import { javaText } from '../data/java-text.ts';
import { ConfigError } from '../config/definition.ts';
import { Num, type Schema, dateAt, DataError, logicalTimestamp, type Typed, type Value } from '../data/values.ts';
import {
  type Cell,
  cellsOf,
  type ConnectRecord,
  javaOrder,
  remade,
  requireMap,
  requireStruct,
  structOf,
  withPart,
} from './record.ts';
import { replaceNull, replacesNullIn, type TransformClass } from './transform-class.ts';

const inserted = (doc: string): { readonly type: 'string'; readonly optional: true; readonly doc: string } => ({
  type: 'string',
  optional: true,
  doc,
});

interface Insertion {
  readonly name: string;
  readonly optional: boolean;
  readonly of: (record: ConnectRecord) => Value | undefined;
  readonly schema: Schema;
}

/** Puts topic, partition, offset, timestamp or a fixed text into a field. */
export const insertField: TransformClass = {
  hasParts: true,
  definitions: {
    'topic.field': inserted('the field for the topic'),
    'partition.field': inserted('the field for the partition'),
    'offset.field': inserted('the field for the offset, of sinks only'),
    'timestamp.field': inserted('the field for the timestamp'),
    'static.field': inserted('the field for a fixed text'),
    'static.value': inserted('the fixed text'),
    ...replaceNull,
  },
  create(config, part) {
    const text = config.optional('static.value');
    const replacesNull = replacesNullIn(config);
    const sources: readonly (readonly [string, Schema, Insertion['of']])[] = [
      ['topic.field', { type: 'string' }, ({ topic }) => topic],
      [
        'partition.field',
        { type: 'int32' },
        ({ partition }) => (partition === null ? undefined : new Num('int32', partition)),
      ],
      ['offset.field', { type: 'int64' }, offsetOf],
      [
        'timestamp.field',
        { type: 'int64', name: logicalTimestamp, version: 1 },
        ({ timestamp }) => (timestamp === null ? undefined : BigInt(timestamp)),
      ],
      ['static.field', { type: 'string' }, () => text],
    ];
    const insertions = sources.flatMap(([property, schema, of]): Insertion[] => {
      const given = config.optional(property);
      if (given === undefined) return [];
      return [{ name: given.replace(/[!?]$/, ''), optional: !given.endsWith('!'), schema, of }];
    });
    if (insertions.length === 0)
      throw new ConfigError(
        'nothing to insert. Give topic.field, partition.field, offset.field, timestamp.field or static.field',
      );
    if (config.optional('static.field') !== undefined && text === undefined)
      throw new ConfigError('static.value is missing: the text of static.field');
    return (record) => {
      const { schema, value } = record[part];
      if (value === null) return record;
      return withPart(record, part, schema === null ? onMap(value, record) : onStruct(value, record));
    };

    function onMap(value: Value, record: ConnectRecord): Typed {
      const updated = new Map(requireMap(value, 'InsertField'));
      for (const { name, of } of insertions) {
        const entry = of(record);
        if (entry !== undefined) updated.set(name, entry);
      }
      return { schema: null, value: updated };
    }

    function onStruct(value: Value, record: ConnectRecord): Typed {
      const struct = requireStruct(value, 'InsertField');
      const cells = insertions.map(({ name, optional, schema, of }): Cell => {
        const entry = of(record) ?? null;
        const isTime = schema.name === logicalTimestamp && typeof entry === 'bigint';
        return { name, schema: { ...schema, optional }, value: isTime ? dateAt(Number(entry)) : entry };
      });
      return remade([...cellsOf(struct, replacesNull), ...cells], struct.schema);
    }
  },
};

function offsetOf({ kind, offset }: ConnectRecord): Value {
  if (kind === 'source')
    throw new DataError('offset.field works for sinks only: a record of a source has no offset yet');
  if (offset === null)
    throw new DataError('offset.field needs a position that is a number, and this provider has none');
  return offset;
}

/** Leaves fields out, or renames them. */
export const replaceField: TransformClass = {
  hasParts: true,
  definitions: {
    exclude: { type: 'list', default: '', doc: 'the fields to leave out' },
    include: { type: 'list', default: '', doc: 'the fields to keep' },
    renames: { type: 'list', default: '', doc: 'pairs of old and new names' },
    ...replaceNull,
  },
  create(config, part) {
    const replacesNull = replacesNullIn(config);
    const exclude = new Set(config.list('exclude'));
    const include = new Set(config.list('include'));
    const renames = new Map(
      config.list('renames').map((pair) => {
        const [from, to, ...rest] = pair.split(':');
        if (from === undefined || to === undefined || rest.length > 0 || to === '')
          throw new ConfigError(`renames has ${JSON.stringify(pair)}. Use old:new`);
        return [from, to];
      }),
    );
    /** The old name of each new one; of two with one new name, the one that Java goes through last. */
    const origins = new Map(javaOrder(renames).map(([from, to]) => [to, from]));
    const keeps = (name: string): boolean => !exclude.has(name) && (include.size === 0 || include.has(name));
    return (record) => {
      const { schema, value } = record[part];
      if (value === null) return record;
      if (schema !== null) {
        const struct = requireStruct(value, 'ReplaceField');
        const cells = cellsOf(struct, replacesNull).filter(({ name }) => keeps(name));
        const named = cells.map((cell) => ({ ...cell, name: renames.get(cell.name) ?? cell.name }));
        // An optional field that is null need not be among the values.
        const there = new Set((struct.schema.fields ?? []).map((field) => field.name));
        for (const { name } of named) {
          const from = origins.get(name) ?? name;
          if (!there.has(from))
            throw new DataError(`ReplaceField renames ${from}, which is not there, to ${name}, which is`);
        }
        return withPart(record, part, remade(named, struct.schema));
      }
      const entries = orderIfNames(requireMap(value, 'ReplaceField'), renames)
        .filter(([name]) => keeps(javaText(name)))
        .map(([name, entry]) => [renames.get(javaText(name)) ?? name, entry] as const);
      return withPart(record, part, { schema: null, value: new Map(entries) });
    };
  },
};

/** The order matters only where a new name meets one that exists. */
function orderIfNames(
  map: ReadonlyMap<Value, Value>,
  renames: ReadonlyMap<string, string>,
): readonly (readonly [Value, Value])[] {
  const targets = [...map.keys()].map((name) => renames.get(javaText(name)) ?? name);
  return new Set(targets).size === targets.length ? [...map] : javaOrder(map);
}

/** Puts the whole value into a field of a new one. */
export const hoistField: TransformClass = {
  hasParts: true,
  definitions: { field: { type: 'string', doc: 'the field that the value is put in' } },
  create(config, part) {
    const name = config.text('field');
    return (record) => {
      const { schema, value } = record[part];
      if (schema === null) return withPart(record, part, { schema: null, value: new Map([[name, value]]) });
      return withPart(record, part, structOf([{ name, schema, value }]));
    };
  },
};

/** Makes the key of fields of the value. */
export const valueToKey: TransformClass = {
  hasParts: false,
  definitions: { fields: { type: 'list', notEmpty: true, doc: 'the fields that make the key' }, ...replaceNull },
  create(config) {
    const names = config.list('fields');
    const replacesNull = replacesNullIn(config);
    return (record) => {
      const { schema, value } = record.value;
      if (schema === null) {
        const map = requireMap(value, 'ValueToKey');
        return { ...record, key: { schema: null, value: new Map(names.map((name) => [name, map.get(name) ?? null])) } };
      }
      const cells = new Map(cellsOf(requireStruct(value, 'ValueToKey'), replacesNull).map((cell) => [cell.name, cell]));
      const key = names.map((name): Cell => {
        const cell = cells.get(name);
        if (cell === undefined)
          throw new DataError(`ValueToKey needs the field ${name}, which the value does not have`);
        return cell;
      });
      return { ...record, key: structOf(key) };
    };
  },
};
