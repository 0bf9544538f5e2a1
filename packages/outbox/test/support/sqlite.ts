import { Database } from 'node-sqlite3-wasm';
import type { SqliteDatabase } from '../../src/index.ts';

/** SQLite as WebAssembly, so that tests run on every Node; with the methods of `node:sqlite` and `better-sqlite3`. */
export function openSqlite(path?: string): SqliteDatabase {
  const database = new Database(path);
  return {
    exec: (sql) => database.exec(sql),
    prepare: (sql) => ({
      run: (...values) => database.run(sql, values),
      all: (...values) => database.all(sql, values),
    }),
  };
}
