import type { Lease, LeaseStore } from '@isostream/coordination';
import { leaseColumns, leaseOf, leaseValues } from '../cells.ts';
import type { PostgresPool } from './client.ts';
import { asStoreCall } from './errors.ts';

/** Which relay has which share, in a table: every write is one statement under the condition of a counter. */
export class PostgresLeases implements LeaseStore {
  readonly #pool: PostgresPool;
  readonly #table: string;

  constructor(pool: PostgresPool, table: string) {
    this.#pool = pool;
    this.#table = table;
  }

  async list(): Promise<readonly Lease[]> {
    const { rows } = await this.#query(`select ${leaseColumns.join(', ')} from ${this.#table}`, []);
    return rows.map(leaseOf);
  }

  async read(partition: string): Promise<Lease | undefined> {
    const sql = `select ${leaseColumns.join(', ')} from ${this.#table} where partition = $1`;
    const { rows } = await this.#query(sql, [partition]);
    return rows.length === 0 ? undefined : leaseOf(rows[0]);
  }

  create(lease: Lease): Promise<boolean> {
    const places = leaseColumns.map((_, at) => `$${at + 1}`).join(', ');
    const sql = `insert into ${this.#table} (${leaseColumns.join(', ')}) values (${places}) on conflict do nothing`;
    return this.#changed(sql, leaseValues(lease));
  }

  replace(next: Lease, counter: number): Promise<boolean> {
    const changes = leaseColumns.map((name, at) => `${name} = $${at + 1}`).join(', ');
    const sql = `update ${this.#table} set ${changes} where partition = $1 and counter = $${leaseColumns.length + 1}`;
    return this.#changed(sql, [...leaseValues(next), counter]);
  }

  delete(partition: string, counter: number): Promise<boolean> {
    return this.#changed(`delete from ${this.#table} where partition = $1 and counter = $2`, [partition, counter]);
  }

  async #changed(sql: string, values: readonly unknown[]): Promise<boolean> {
    return (await this.#query(sql, values)).rowCount === 1;
  }

  #query(sql: string, values: readonly unknown[]): ReturnType<PostgresPool['query']> {
    return asStoreCall(() => this.#pool.query(sql, [...values]));
  }
}
