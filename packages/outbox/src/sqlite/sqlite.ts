import type { LeaseStore } from '@isostream/coordination';
import { Cells, setAsideRow, storedRow } from '../cells.ts';
import type { OutboxRow } from '../row.ts';
import type { Backlog, OutboxStore, Page, PageRequest, RefusedRow, SetAsideRow } from '../store.ts';
import { type Tables, tablesOf } from '../tables.ts';
import type { SqliteDatabase } from './database.ts';
import { asStoreCall } from './errors.ts';
import { SqliteLeases } from './leases.ts';

export interface SqliteOutboxOptions {
  /** In front of the names of the tables. Default `isostream_`. */
  readonly prefix?: string;
}

/**
 * An outbox in SQLite, for one machine. `write` is synchronous and takes the connection whose transaction is open; it may be
 * the one that was given here.
 */
export function sqliteOutbox(
  database: SqliteDatabase,
  { prefix = 'isostream_' }: SqliteOutboxOptions = {},
): OutboxStore<SqliteDatabase, void> {
  return new SqliteOutbox(database, tablesOf(prefix));
}

/** SQLite has one writer at a time, so that rows are numbered in the order of commits, and none can come below one that is seen. */
const settledOrder = { oldest: 1n, next: 1n };

class SqliteOutbox implements OutboxStore<SqliteDatabase, void> {
  readonly leases: LeaseStore;
  readonly #database: SqliteDatabase;
  readonly #tables: Tables;

  constructor(database: SqliteDatabase, tables: Tables) {
    this.#database = database;
    this.#tables = tables;
    this.leases = new SqliteLeases(database, tables.leases);
  }

  async ensure(): Promise<void> {
    const { outbox, setAside, leases } = this.#tables;
    const columns = 'id text not null, topic text not null, key text, shard integer not null, event text not null';
    await this.#call((database) => {
      database.exec(`create table if not exists ${outbox} (seq integer primary key autoincrement, ${columns})`);
      database.exec(`create table if not exists ${setAside} (place integer primary key autoincrement, ${columns},
        code text not null, message text not null, set_aside_ms integer not null)`);
      database.exec(`create table if not exists ${leases} (partition text primary key, counter integer not null,
        token integer not null, owner text, asked_by text, position text not null, after text not null,
        finished integer not null)`);
    });
  }

  write(tx: SqliteDatabase, rows: readonly OutboxRow[]): void {
    const sql = `insert into ${this.#tables.outbox} (id, topic, key, shard, event) values (?, ?, ?, ?, ?)`;
    const insert = tx.prepare(sql);
    for (const { id, topic, key, shard, event } of rows) insert.run(id, topic, key, shard, event);
  }

  async read({ shards, topics, without, after, limit }: PageRequest): Promise<Page> {
    const sql = `select * from ${this.#tables.outbox}
      where seq > ? and shard in (select value from json_each(?)) and topic in (select value from json_each(?))
        and topic || '/' || coalesce(key, '') not in (select value from json_each(?))
      order by seq limit ?`;
    const waiting = JSON.stringify(without.map(({ topic, key }) => `${topic}/${key ?? ''}`));
    const values = [after, JSON.stringify(shards), JSON.stringify(topics), waiting, limit];
    const rows = await this.#call((database) =>
      database
        .prepare(sql)
        .all(...values)
        .map(storedRow),
    );
    return { rows, ...settledOrder };
  }

  async remove(sent: readonly string[], refused: readonly RefusedRow[]): Promise<void> {
    const { outbox, setAside } = this.#tables;
    await this.#call((database) => {
      const move = `insert into ${setAside} (id, topic, key, shard, event, code, message, set_aside_ms)
        select id, topic, key, shard, event, ?, ?, ? from ${outbox} where seq = ?`;
      // One statement each, and a transaction of its own only where there is more than one.
      const all = [...sent, ...refused.map(({ seq }) => seq)];
      atomically(database, () => {
        for (const { seq, code, message } of refused) database.prepare(move).run(code, message, Date.now(), seq);
        database.prepare(`delete from ${outbox} where seq in (select value from json_each(?))`).run(`[${all.join()}]`);
      });
    });
  }

  async backlog(): Promise<Backlog> {
    const { outbox, setAside } = this.#tables;
    const sql = `select (select count(*) from ${outbox}) as rows_waiting, (select count(*) from ${setAside}) as set_aside`;
    const cells = await this.#call((database) => new Cells(database.prepare(sql).all()[0]));
    return { rows: cells.number('rows_waiting'), setAside: cells.number('set_aside') };
  }

  setAside(limit: number): Promise<readonly SetAsideRow[]> {
    const sql = `select * from ${this.#tables.setAside} order by place limit ?`;
    return this.#call((database) => database.prepare(sql).all(limit).map(setAsideRow));
  }

  putBack(ids: readonly string[]): Promise<number> {
    const { setAside } = this.#tables;
    const chosen = `${setAside} where id in (select value from json_each(?))`;
    const values = JSON.stringify(ids);
    return this.#call((database) =>
      atomically(database, () => {
        const select = `select place as seq, id, topic, key, shard, event from ${chosen} order by place`;
        const rows = database.prepare(select).all(values).map(storedRow);
        database.prepare(`delete from ${chosen}`).run(values);
        this.write(database, rows);
        return rows.length;
      }),
    );
  }

  #call<T>(work: (database: SqliteDatabase) => T): Promise<T> {
    return asStoreCall(() => work(this.#database));
  }
}

function atomically<T>(database: SqliteDatabase, work: () => T): T {
  database.exec('begin immediate');
  try {
    const result = work();
    database.exec('commit');
    return result;
  } catch (thrown) {
    database.exec('rollback');
    throw thrown;
  }
}
