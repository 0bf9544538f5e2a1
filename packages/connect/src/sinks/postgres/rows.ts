import { cellsOf } from '../../transforms/record.ts';
import { DataError, isList, isMap, kindOf, nothing, Struct, type Typed } from '../../data/values.ts';
import type { SinkRecord } from '../sink.ts';
import type { PostgresOptions } from './definitions.ts';

/** A value on its way into a column, with the schema that says its type, where there is one. */
export type Cell = Typed;

/** What one record does to a table. */
export interface Row {
  /** Of the record, in its call. */
  readonly index: number;
  readonly table: string;
  readonly verb: 'write' | 'delete';
  /** The columns of the key, in the order of the file. */
  readonly key: readonly string[];
  readonly cells: ReadonlyMap<string, Cell>;
}

/** The row of a record. Throws {@link DataError} where the record makes none. */
export function rowOf(record: SinkRecord, index: number, options: PostgresOptions): Row {
  const table = options.tableFormat.replaceAll(`\${topic}`, record.topic);
  if (record.value.value === null) {
    if (!options.deletes)
      throw new DataError('the value is null, and delete.enabled is false. Set it to true, with pk.mode=record_key');
    const cells = keyCells(record, options);
    return { index, table, verb: 'delete', key: [...cells.keys()], cells };
  }
  const fields = fieldsOf(record.value, 'the value');
  const { keyMode, keyFields, whitelist } = options;
  const key =
    keyMode === 'record_value'
      ? valueKey(fields, keyFields)
      : keyMode === 'none'
        ? new Map()
        : keyCells(record, options);
  const cells = key.size === 0 && whitelist.length === 0 ? fields : chosen(key, fields, whitelist);
  if (cells.size === 0) throw new DataError('the record has no field that becomes a column');
  return { index, table, verb: 'write', key: [...key.keys()], cells };
}

/** The key, and of the other fields those that are wanted. */
function chosen(
  key: ReadonlyMap<string, Cell>,
  fields: ReadonlyMap<string, Cell>,
  whitelist: readonly string[],
): ReadonlyMap<string, Cell> {
  const cells = new Map<string, Cell>(key);
  for (const [name, cell] of fields)
    if (!cells.has(name) && (whitelist.length === 0 || whitelist.includes(name))) cells.set(name, cell);
  return cells;
}

function keyCells(record: SinkRecord, { keyMode, keyFields }: PostgresOptions): ReadonlyMap<string, Cell> {
  if (keyMode === 'kafka') {
    const { topic, partition, position } = record.origin;
    const texts = [topic, partition, position];
    return new Map(keyFields.map((name, at) => [name, coordinate(texts[at] ?? '', at)]));
  }
  const { key } = record;
  if (key.value === null) throw new DataError('the key is null, and pk.mode is record_key');
  if (!isMap(key.value) && !(key.value instanceof Struct)) {
    const [name, ...others] = keyFields;
    if (name === undefined || others.length > 0)
      throw new DataError('the key is a single value. Set pk.fields to the name of its column');
    return new Map([[name, key]]);
  }
  return valueKey(fieldsOf(key, 'the key'), keyFields);
}

/** Partition and position are numbers where the provider's are, and text elsewhere. */
function coordinate(text: string, at: number): Cell {
  const isNumber = at > 0 && /^\d{1,18}$/.test(text);
  return { schema: null, value: isNumber ? BigInt(text) : text };
}

function valueKey(fields: ReadonlyMap<string, Cell>, names: readonly string[]): ReadonlyMap<string, Cell> {
  const wanted = names.length === 0 ? [...fields.keys()] : names;
  return new Map(
    wanted.map((name) => {
      const cell = fields.get(name) ?? nothing;
      if (cell.value === null) throw new DataError(`${name} of pk.fields is missing or null, and is part of the key`);
      return [name, cell];
    }),
  );
}

function fieldsOf({ value }: Typed, what: string): ReadonlyMap<string, Cell> {
  if (value instanceof Struct)
    return new Map(cellsOf(value).map(({ name, schema, value: field }) => [name, { schema, value: field }]));
  if (!isMap(value)) throw new DataError(`a row is a map or a struct, and ${what} is ${kindOf(value)}`);
  const fields = new Map<string, Cell>();
  for (const [name, field] of value) {
    if (typeof name !== 'string') throw new DataError(`${what} has a field whose name is ${kindOf(name)}`);
    fields.set(name, { schema: null, value: field });
  }
  return fields;
}

/** Whether a value has parts, which a column of JSON keeps. */
export function hasParts({ value }: Cell): boolean {
  return isMap(value) || isList(value) || value instanceof Struct;
}
