import { nothing } from '../../data/values.ts';
import { columnText, listText } from './columns.ts';
import type { InsertMode, KeyMode } from './definitions.ts';
import type { Row } from './rows.ts';
import { type Column, quoteColumn, quoted } from './tables.ts';

/** A statement with its values: one list of text per column, as PostgreSQL reads it, from which it makes the types of the table. */
export interface Statement {
  readonly text: string;
  readonly values: readonly string[];
}

/** Rows of one table that have the same columns and different keys: one statement writes them all. */
export interface Group {
  readonly columns: readonly Column[];
  readonly rows: Row[];
  readonly keys: Set<string>;
}

/** Rows in groups, in an order in which none passes an earlier one of its key. */
export function grouped(rows: readonly { readonly row: Row; readonly columns: readonly Column[] }[]): readonly Group[] {
  const closed: Group[] = [];
  let open = new Map<string, Group>();
  for (const { row, columns } of rows) {
    const key = row.key.length === 0 ? '' : JSON.stringify([row.table, ...row.key.map((name) => textOf(row, name))]);
    if (row.key.length > 0 && [...open.values()].some(({ keys }) => keys.has(key))) {
      closed.push(...open.values());
      open = new Map();
    }
    const shape = `${row.verb} ${row.table} ${shapeOf(columns)}`;
    const group = open.get(shape) ?? { columns, rows: [], keys: new Set() };
    group.rows.push(row);
    if (row.key.length > 0) group.keys.add(key);
    open.set(shape, group);
  }
  return [...closed, ...open.values()];
}

/** Rows of the same fields share their list of columns. */
const shapes = new WeakMap<readonly Column[], string>();

function shapeOf(columns: readonly Column[]): string {
  const known = shapes.get(columns);
  if (known !== undefined) return known;
  const shape = JSON.stringify(columns.map(({ field, name }) => [field, name]));
  shapes.set(columns, shape);
  return shape;
}

/** What writes or deletes the rows of a group. Throws `DataError` for a value that its column cannot hold. */
export function statementOf({ columns, rows }: Group, mode: InsertMode, keyMode: KeyMode): Statement {
  const [first] = rows;
  const table = quoted(first?.table ?? '');
  const isKey = (column: Column): boolean => first?.key.includes(column.field) === true;
  const keys = columns.filter(isKey);
  const others = columns.filter((column) => !isKey(column));
  const values = columns.map(({ field, type }) =>
    listText(rows.map((row) => columnText(row.cells.get(field) ?? nothing, type))),
  );
  const from = `unnest(${columns.map((_, at) => `$${at + 1}::text[]`).join(', ')}) as u(${columns.map((_, at) => `c${at}`).join(', ')})`;
  const made = (column: Column): string => `u.c${columns.indexOf(column)}::${column.type}`;
  const set = (value: (column: Column) => string): string =>
    others.map((column) => `${quoteColumn(column.name)} = ${value(column)}`).join(', ');
  const matches = keys.map((column) => `t.${quoteColumn(column.name)} = ${made(column)}`).join(' and ');
  if (first?.verb === 'delete') return { text: `delete from ${table} t using ${from} where ${matches}`, values };
  // A row that is nothing but its key has nothing to change.
  if (mode === 'update')
    return {
      text: others.length === 0 ? '' : `update ${table} t set ${set(made)} from ${from} where ${matches}`,
      values,
    };
  const names = columns.map(({ name }) => quoteColumn(name)).join(', ');
  const insert = `insert into ${table} (${names}) select ${columns.map(made).join(', ')} from ${from}`;
  const target = keys.map(({ name }) => quoteColumn(name)).join(', ');
  if (mode === 'upsert') {
    const change = others.length === 0 ? 'nothing' : `update set ${set(({ name }) => `excluded.${quoteColumn(name)}`)}`;
    return { text: `${insert} on conflict (${target}) do ${change}`, values };
  }
  // The place of a record is its key: what is there already is this very record.
  return { text: keyMode === 'kafka' ? `${insert} on conflict (${target}) do nothing` : insert, values };
}

function textOf(row: Row, name: string): string | null {
  return columnText(row.cells.get(name) ?? nothing, 'text');
}
