import type { SqliteDatabase } from '@isostream/outbox';
import sqlite from 'node-sqlite3-wasm';

/** A database of its own, in memory: SQLite as WebAssembly, so that the example needs no server and no compiler. */
export function openDatabase(...tables: readonly string[]): SqliteDatabase {
  const database = new sqlite.Database();
  for (const table of tables) database.exec(`create table ${table}`);
  return {
    exec: (sql) => database.exec(sql),
    prepare: (sql) => ({
      run: (...values) => database.run(sql, values),
      all: (...values) => database.all(sql, values),
    }),
  };
}

/** All of it is written, or nothing. Nothing is awaited in between: other work has the same connection. */
export function transact(database: SqliteDatabase, work: () => void): void {
  database.exec('begin immediate');
  try {
    work();
    database.exec('commit');
  } catch (error) {
    database.exec('rollback');
    throw error;
  }
}

type Value = string | number | null;

/** The rows of a query with two columns. */
export function pairs(database: SqliteDatabase, sql: string, ...values: Value[]): Map<string, Value> {
  return new Map(
    database
      .prepare(sql)
      .all(...values)
      .map((row): [string, Value] => {
        const [key, value] = isRow(row) ? Object.values(row) : [];
        return [String(key), typeof value === 'number' || typeof value === 'string' ? value : null];
      }),
  );
}

export function count(database: SqliteDatabase, sql: string, ...values: Value[]): number {
  return Number(pairs(database, `select 'count', count(*) from ${sql}`, ...values).get('count'));
}

/** How many rows of one are not the same in the other. */
export function different(one: ReadonlyMap<string, Value>, other: ReadonlyMap<string, Value>): number {
  return [...new Set([...one.keys(), ...other.keys()])].filter((key) => one.get(key) !== other.get(key)).length;
}

function isRow(row: unknown): row is Readonly<Record<string, unknown>> {
  return typeof row === 'object' && row !== null;
}
