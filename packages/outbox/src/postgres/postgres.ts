import type { LeaseStore } from '@isostream/coordination';
import { Cells, setAsideRow, storedRow } from '../cells.ts';
import type { OutboxRow } from '../row.ts';
import type { Backlog, OutboxStore, Page, PageRequest, RefusedRow, SetAsideRow } from '../store.ts';
import { type Tables, tablesOf } from '../tables.ts';
import type { PostgresClient, PostgresPool } from './client.ts';
import { asStoreCall } from './errors.ts';
import { PostgresLeases } from './leases.ts';
import { createTables } from './tables.ts';
import { inTransaction } from './transaction.ts';

export interface PostgresOutboxOptions {
  /** In front of the names of the tables, with a schema if need be. Default `isostream_`. */
  readonly prefix?: string;
}

/** An outbox in PostgreSQL 13 or newer. `pool` is for relays and operators; events are written by the application's own transactions. */
export function postgresOutbox(
  pool: PostgresPool,
  { prefix = 'isostream_' }: PostgresOutboxOptions = {},
): OutboxStore<PostgresClient, Promise<void>> {
  return new PostgresOutbox(pool, tablesOf(prefix));
}

class PostgresOutbox implements OutboxStore<PostgresClient, Promise<void>> {
  readonly leases: LeaseStore;
  readonly #pool: PostgresPool;
  readonly #tables: Tables;

  constructor(pool: PostgresPool, tables: Tables) {
    this.#pool = pool;
    this.#tables = tables;
    this.leases = new PostgresLeases(pool, tables.leases);
  }

  async ensure(): Promise<void> {
    await this.#inTransaction(async (client) => {
      // Services that start together would create a table twice, and one of them would fail.
      await client.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [this.#tables.outbox]);
      for (const sql of createTables(this.#tables)) await client.query(sql);
    });
  }

  async write(tx: PostgresClient, rows: readonly OutboxRow[]): Promise<void> {
    if (rows.length === 0) return;
    const keys = [...new Set(rows.filter(({ key }) => key !== null).map(({ topic, key }) => `${topic}/${key}`))];
    // Transactions that write one key follow each other from here to their commit, so that rows are in the order of commits.
    // In the order of the keys, so that two that write several do not wait for each other. The transaction's number is taken
    // before that of the row: relays know by it how far no more rows can come.
    const lock = `select pg_current_xact_id(), count(pg_advisory_xact_lock(lock))
      from (select distinct hashtextextended(key, 1) lock from unnest($1::text[]) key order by lock) locks`;
    await tx.query(lock, [keys]);
    await tx.query(
      `insert into ${this.#tables.outbox} (id, topic, key, shard, event)
       select * from unnest($1::text[], $2::text[], $3::text[], $4::smallint[], $5::text[])`,
      columnsOf(rows),
    );
  }

  read({ shards, topics, without, after, limit }: PageRequest): Promise<Page> {
    return asStoreCall(async () => {
      // One statement, so that `oldest` is of the snapshot that the rows are of. The snapshot's own upper end is one past the
      // newest transaction that is over, and younger ones may be open: a number taken after the snapshot is above them all.
      const sql = `select seq, id, topic, key, shard, event, oldest,
          case when seq is null then '0' else pg_current_xact_id()::text end as next
        from (select pg_snapshot_xmin(now)::text oldest from pg_current_snapshot() now) snapshot
        left join lateral (
          select * from ${this.#tables.outbox}
          where seq > $1 and shard = any($2::smallint[]) and topic = any($3::text[])
            and ($4::text[] = '{}' or topic || '/' || coalesce(key, '') <> all($4::text[]))
          order by seq limit $5) rows on true
        order by seq`;
      const waiting = without.map(({ topic, key }) => `${topic}/${key ?? ''}`);
      const { rows } = await this.#pool.query(sql, [after, [...shards], [...topics], waiting, limit]);
      const snapshot = new Cells(rows[0]);
      return {
        rows: snapshot.textOrNull('seq') === null ? [] : rows.map(storedRow),
        oldest: BigInt(snapshot.text('oldest')),
        next: BigInt(snapshot.text('next')),
      };
    });
  }

  async remove(sent: readonly string[], refused: readonly RefusedRow[]): Promise<void> {
    const { outbox, setAside } = this.#tables;
    const remove = `delete from ${outbox} where seq = any($1::bigint[])`;
    if (refused.length === 0) {
      await asStoreCall(() => this.#pool.query(remove, [[...sent]]));
      return;
    }
    await this.#inTransaction(async (client) => {
      await client.query(remove, [[...sent]]);
      const sql = `with refused as (select * from unnest($1::bigint[], $2::text[], $3::text[]) as r (seq, code, message)),
        gone as (delete from ${outbox} using refused where ${outbox}.seq = refused.seq
          returning ${outbox}.*, refused.code, refused.message)
        insert into ${setAside} (id, topic, key, shard, event, code, message)
        select id, topic, key, shard, event, code, message from gone order by seq`;
      const values = [
        refused.map(({ seq }) => seq),
        refused.map(({ code }) => code),
        refused.map(({ message }) => message),
      ];
      await client.query(sql, values);
    });
  }

  backlog(): Promise<Backlog> {
    return asStoreCall(async () => {
      const { outbox, setAside } = this.#tables;
      const sql = `select (select count(*) from ${outbox}) as rows, (select count(*) from ${setAside}) as set_aside`;
      const cells = new Cells((await this.#pool.query(sql)).rows[0]);
      return { rows: cells.number('rows'), setAside: cells.number('set_aside') };
    });
  }

  setAside(limit: number): Promise<readonly SetAsideRow[]> {
    return asStoreCall(async () => {
      const sql = `select *, floor(extract(epoch from set_aside_at) * 1000)::bigint as set_aside_ms
        from ${this.#tables.setAside} order by place limit $1`;
      return (await this.#pool.query(sql, [limit])).rows.map(setAsideRow);
    });
  }

  putBack(ids: readonly string[]): Promise<number> {
    return this.#inTransaction(async (client) => {
      const sql = `delete from ${this.#tables.setAside} where id = any($1::text[])
        returning place as seq, id, topic, key, shard, event`;
      const { rows } = await client.query(sql, [[...ids]]);
      const found = rows.map(storedRow).toSorted((a, b) => Number(BigInt(a.seq) - BigInt(b.seq)));
      await this.write(client, found);
      return found.length;
    });
  }

  #inTransaction<T>(work: (client: PostgresClient) => Promise<T>): Promise<T> {
    return asStoreCall(() => inTransaction(this.#pool, work));
  }
}

function columnsOf(rows: readonly OutboxRow[]): unknown[] {
  return [
    rows.map(({ id }) => id),
    rows.map(({ topic }) => topic),
    rows.map(({ key }) => key),
    rows.map(({ shard }) => shard),
    rows.map(({ event }) => event),
  ];
}
