import type { Lease, LeaseStore } from '@isostream/coordination';
import { Cells, leaseColumns, leaseOf, leaseValues } from '../cells.ts';
import type { SqliteDatabase } from './database.ts';
import { asStoreCall } from './errors.ts';

/** Which relay has which share: every write is one statement under the condition of a counter. */
export class SqliteLeases implements LeaseStore {
  readonly #database: SqliteDatabase;
  readonly #table: string;

  constructor(database: SqliteDatabase, table: string) {
    this.#database = database;
    this.#table = table;
  }

  list(): Promise<readonly Lease[]> {
    return asStoreCall(() => this.#database.prepare(`select * from ${this.#table}`).all().map(leaseOf));
  }

  read(partition: string): Promise<Lease | undefined> {
    return asStoreCall(() => {
      const [row] = this.#database.prepare(`select * from ${this.#table} where partition = ?`).all(partition);
      return row === undefined ? undefined : leaseOf(row);
    });
  }

  create(lease: Lease): Promise<boolean> {
    const places = leaseColumns.map(() => '?').join(', ');
    const sql = `insert into ${this.#table} (${leaseColumns.join(', ')}) values (${places}) on conflict do nothing`;
    return this.#changed(sql, leaseValues(lease));
  }

  replace(next: Lease, counter: number): Promise<boolean> {
    const changes = leaseColumns.map((name) => `${name} = ?`).join(', ');
    const sql = `update ${this.#table} set ${changes} where partition = ? and counter = ?`;
    return this.#changed(sql, [...leaseValues(next), next.partition, counter]);
  }

  delete(partition: string, counter: number): Promise<boolean> {
    return this.#changed(`delete from ${this.#table} where partition = ? and counter = ?`, [partition, counter]);
  }

  #changed(sql: string, values: readonly (string | number | null)[]): Promise<boolean> {
    return asStoreCall(() => {
      this.#database.prepare(sql).run(...values);
      // In the same turn, so that no other statement of this connection comes between.
      return new Cells(this.#database.prepare('select changes() as n').all()[0]).number('n') === 1;
    });
  }
}
