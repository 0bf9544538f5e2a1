import type { Duration } from '@isostream/core';
import { toMilliseconds } from '@isostream/core/adapter';
import type { PostgresClient, PostgresPool } from '../postgres/client.ts';
import { inTransaction } from '../postgres/transaction.ts';
import { checkPrefix } from '../tables.ts';
import { type Effects, fenced, type Occasion } from './idempotent.ts';

export interface PostgresEffectsOptions {
  /** In front of the names of the tables, with a schema if need be. Default `isostream_`. */
  readonly prefix?: string;
  /**
   * How long a handler's transaction may stand between two statements; then PostgreSQL ends it, and the attempt fails. So long
   * a member that froze can hold up the next owner of its partition. Default 30 s.
   */
  readonly idleTimeout?: Duration;
}

/** Effects in PostgreSQL. */
export interface PostgresEffects extends Effects<PostgresClient> {
  /** Creates the tables that are missing. */
  ensure(): Promise<void>;
  /** Forgets events that were done longer ago; resolves with how many. Keep more than the retention of the topic and of its dead letters. */
  forget(olderThan: Duration): Promise<number>;
  /** Forgets all of a group: for one that was deleted, whose fencing tokens begin anew. */
  forgetGroup(group: string): Promise<void>;
  /**
   * Forgets who owned partitions, and not what is done: for a group that moves to another provider or was created anew, whose
   * fencing tokens are others. Stop its members first.
   */
  forgetOwners(group: string): Promise<void>;
}

/** Remembers in PostgreSQL which events are done, in the transaction of the effect. */
export function postgresEffects(
  pool: PostgresPool,
  { prefix = 'isostream_', idleTimeout = '30s' }: PostgresEffectsOptions = {},
): PostgresEffects {
  checkPrefix(prefix);
  return new StoredEffects(pool, prefix, toMilliseconds(idleTimeout, 'idleTimeout'));
}

class StoredEffects implements PostgresEffects {
  readonly #pool: PostgresPool;
  readonly #handled: string;
  readonly #fences: string;
  readonly #idleMs: number;
  /** The newest owner of each partition that was seen here: who is known needs no write. */
  readonly #raised = new Map<string, bigint>();

  constructor(pool: PostgresPool, prefix: string, idleMs: number) {
    this.#pool = pool;
    this.#handled = `${prefix}handled`;
    this.#fences = `${prefix}fences`;
    this.#idleMs = idleMs;
  }

  async ensure(): Promise<void> {
    await inTransaction(this.#pool, async (client) => {
      await client.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [this.#handled]);
      await client.query(`create table if not exists ${this.#handled} (consumer text not null, topic text not null,
        id text not null, handled_at timestamptz not null default now(), primary key (consumer, topic, id))`);
      await client.query(`create table if not exists ${this.#fences} (consumer text not null, topic text not null,
        partition text not null, token bigint not null, primary key (consumer, topic, partition)) with (fillfactor = 50)`);
    });
  }

  async once(occasion: Occasion, work: (tx: PostgresClient) => Promise<void>): Promise<'done' | 'repeat'> {
    await this.#raise(occasion);
    return inTransaction(this.#pool, async (client) => {
      await client.query(`select set_config('idle_in_transaction_session_timeout', $1, true)`, [String(this.#idleMs)]);
      await this.#check(client, occasion);
      const { group, topic, id } = occasion;
      // Waits for another transaction that is doing the same event, and learns how that ended.
      const note = `insert into ${this.#handled} (consumer, topic, id) values ($1, $2, $3) on conflict do nothing`;
      if ((await client.query(note, [group, topic, id])).rowCount === 0) return 'repeat';
      await work(client);
      return 'done';
    });
  }

  async forget(olderThan: Duration): Promise<number> {
    const sql = `delete from ${this.#handled} where handled_at < now() - $1::double precision * interval '1 millisecond'`;
    const { rowCount } = await this.#pool.query(sql, [toMilliseconds(olderThan, 'olderThan')]);
    return rowCount ?? 0;
  }

  async forgetGroup(group: string): Promise<void> {
    this.#raised.clear();
    for (const table of [this.#handled, this.#fences])
      await this.#pool.query(`delete from ${table} where consumer = $1`, [group]);
  }

  async forgetOwners(group: string): Promise<void> {
    this.#raised.clear();
    await this.#pool.query(`delete from ${this.#fences} where consumer = $1`, [group]);
  }

  /** In a statement of its own, so that handlers of one partition do not wait for each other. */
  async #raise({ group, topic, partition, token }: Occasion): Promise<void> {
    const name = `${group}/${topic}/${partition}`;
    if (token === undefined || this.#raised.get(name) === token) return;
    await this.#pool.query(
      `insert into ${this.#fences} as fence values ($1, $2, $3, $4)
       on conflict (consumer, topic, partition) do update set token = excluded.token where fence.token < excluded.token`,
      [group, topic, partition, String(token)],
    );
    this.#raised.set(name, token);
  }

  /** Holds the fence where it is until the transaction ends: a later owner waits, and then knows what was done. */
  async #check(client: PostgresClient, occasion: Occasion): Promise<void> {
    const { group, topic, partition, token } = occasion;
    if (token === undefined) return;
    const sql = `select token from ${this.#fences}
      where consumer = $1 and topic = $2 and partition = $3 and token = $4 for share`;
    const { rowCount } = await client.query(sql, [group, topic, partition, String(token)]);
    if (rowCount === 1) return;
    // The fence may have been forgotten elsewhere: the next attempt asks the table.
    this.#raised.delete(`${group}/${topic}/${partition}`);
    throw fenced(occasion);
  }
}
