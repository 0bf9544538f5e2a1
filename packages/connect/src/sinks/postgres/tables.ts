import { ConfigError } from '../../config/definition.ts';
import { DataError } from '../../data/values.ts';
import { columnType } from './columns.ts';
import type { PostgresOptions } from './definitions.ts';
import type { Cell, Row } from './rows.ts';

/** What runs a statement; `pg` has it. */
export interface Queryable {
  query(
    text: string,
    values?: readonly unknown[],
  ): Promise<{ readonly rows: readonly Record<string, unknown>[]; readonly rowCount: number | null }>;
}

/** The types of a table's columns, by name. */
type Columns = ReadonlyMap<string, string>;

/** A column that a row is written to. */
export interface Column {
  /** As the record names it. */
  readonly field: string;
  readonly name: string;
  readonly type: string;
}

/** Quoted, as `schema.table` or `table`. */
export function quoted(name: string): string {
  return name
    .split('.')
    .map((part) => `"${part.replaceAll('"', '""')}"`)
    .join('.');
}

/** The tables that rows go to, as far as they are known; makes and extends them where it may. */
export class Tables {
  readonly #options: PostgresOptions;
  #known = new Map<string, Columns>();
  /** What the last row of a table was written to: most have the same fields. */
  #found = new Map<string, readonly Column[]>();

  constructor(options: PostgresOptions) {
    this.#options = options;
  }

  /** Has to be called when a transaction is rolled back, or when a table turned out to be another one. */
  forget(): void {
    this.#known = new Map();
    this.#found = new Map();
  }

  /** The columns of a row, where they are those of the last one; to wait for each row takes longer than to write it. */
  found({ table, cells }: Row): readonly Column[] | undefined {
    const found = this.#found.get(table);
    return found?.length === cells.size && found.every(({ field }) => cells.has(field)) ? found : undefined;
  }

  /** The columns of a row. Throws {@link DataError} for a field that has none, {@link ConfigError} for a table that is missing. */
  async columnsOf(client: Queryable, row: Row): Promise<readonly Column[]> {
    const found = this.found(row);
    if (found !== undefined) return found;
    const known = this.#known.get(row.table) ?? (await this.#read(client, row.table));
    const table = known.size > 0 ? known : await this.#create(client, row);
    const missing = [...row.cells].filter(([field]) => find(table, field) === undefined);
    const all = missing.length === 0 ? table : await this.#extend(client, row, missing);
    const columns = [...row.cells].flatMap(([field]) => {
      const column = find(all, field);
      // What is null, and has no column yet, is null in any column.
      return column === undefined ? [] : [{ field, ...column }];
    });
    const byName = new Map(columns.map((column) => [column.name, column]));
    const twice = columns.find((column) => byName.get(column.name) !== column);
    if (twice !== undefined)
      throw new DataError(
        `${twice.field} and ${byName.get(twice.name)?.field ?? ''} are one column of the table ${row.table}. Leave one of them out by fields.whitelist`,
      );
    if (columns.length === row.cells.size) this.#found.set(row.table, columns);
    return columns;
  }

  async #read(client: Queryable, table: string): Promise<Columns> {
    const { rows } = await client.query(
      // Types without their lengths, and what domains are made of: a cast to a length cuts what is longer, and says nothing.
      `with recursive based (place, name, type) as (
         select attnum, attname, atttypid from pg_attribute
         where attrelid = to_regclass($1) and attnum > 0 and not attisdropped
         union all
         select place, name, typbasetype from based join pg_type on oid = type where typtype = 'd')
       select name, format_type(type, -1) as type from based join pg_type on oid = type where typtype <> 'd' order by place`,
      [quoted(table)],
    );
    const columns = new Map(rows.map(({ name, type }) => [String(name), String(type)]));
    if (columns.size > 0) this.#known.set(table, columns);
    return columns;
  }

  async #create(client: Queryable, row: Row): Promise<Columns> {
    if (!this.#options.creates)
      throw new ConfigError(`the table ${row.table} does not exist. Create it, or set auto.create=true`);
    const columns = [...row.cells].flatMap(([field, cell]) => {
      const type = columnType(cell);
      return type === undefined ? [] : [`${quoteColumn(field)} ${type}`];
    });
    const key = row.key.length === 0 ? [] : [`primary key (${row.key.map(quoteColumn).join(', ')})`];
    await changing(
      client,
      row.table,
      `create table if not exists ${quoted(row.table)} (${[...columns, ...key].join(', ')})`,
    );
    return this.#read(client, row.table);
  }

  async #extend(client: Queryable, row: Row, missing: readonly (readonly [string, Cell])[]): Promise<Columns> {
    const added = missing.flatMap(([field, cell]) => {
      const type = cell.value === null ? undefined : columnType(cell);
      return type === undefined ? [] : [{ field, type }];
    });
    const [first] = added;
    if (first !== undefined && !this.#options.evolves)
      throw new DataError(
        `the table ${row.table} has no column ${first.field}. Add it, leave the field out by fields.whitelist, or set auto.evolve=true`,
      );
    for (const { field, type } of added)
      await changing(
        client,
        row.table,
        `alter table ${quoted(row.table)} add column if not exists ${quoteColumn(field)} ${type}`,
      );
    return this.#read(client, row.table);
  }
}

/** Changes a table, one process at a time: two that create the same one at once would fail. */
export async function changing(client: Queryable, table: string, statement: string): Promise<void> {
  await client.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`isostream:${table}`]);
  await client.query(statement);
}

export function quoteColumn(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** By its name, or by the only one that differs in case alone. */
function find(columns: Columns, field: string): { readonly name: string; readonly type: string } | undefined {
  const type = columns.get(field);
  if (type !== undefined) return { name: field, type };
  const others = [...columns].filter(([name]) => name.toLowerCase() === field.toLowerCase());
  const [only] = others;
  return only === undefined || others.length > 1 ? undefined : { name: only[0], type: only[1] };
}
