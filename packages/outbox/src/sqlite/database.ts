/**
 * What the outbox needs of SQLite: a `DatabaseSync` of `node:sqlite` (Node 22.13 and newer) and a `Database` of
 * `better-sqlite3` both have it.
 */
export interface SqliteDatabase {
  exec(sql: string): unknown;
  prepare(sql: string): SqliteStatement;
}

export interface SqliteStatement {
  run(...values: (string | number | null)[]): unknown;
  all(...values: (string | number | null)[]): unknown[];
}
