import { leaseStoreChecks } from '@isostream/coordination/checks';
import type { PoolClient } from 'pg';
import { describe, expect, it } from 'vitest';
import { type PostgresClient, postgresOutbox } from '../src/index.ts';
import { distortions, right } from './support/distortions.ts';
import { Stage, type TestDatabase } from './support/harness.ts';
import { byKey, orders, placed, stored, until } from './support/orders.ts';
import { overStore, type TestStore } from './support/over-store.ts';
import { usePostgres } from './support/postgres.ts';
import { play, scenarios } from './support/scenarios.ts';

const server = usePostgres(30);
let databases = 0;

type PostgresStore = ReturnType<typeof postgresOutbox>;

/** Each scenario has tables of its own. */
function openDatabase(): TestDatabase & { readonly prefix: string; readonly store: PostgresStore } {
  const prefix = `t${databases++}_`;
  const store = postgresOutbox(server.pool, { prefix });
  return {
    prefix,
    store,
    transact: async (rows, end) => {
      const client = await server.pool.connect();
      try {
        await client.query('begin');
        await store.write(client, rows);
        await client.query(end);
      } finally {
        client.release();
      }
    },
  };
}

describe('an outbox in PostgreSQL', () => {
  it.each(scenarios)('$name', async (scenario) => {
    expect(await play(scenario, openDatabase(), right)).toEqual([]);
  });

  it.each(distortions)('$name: seen', async (distortion) => {
    const scenario = scenarios.find(({ kills }) => kills.includes(distortion.name));
    expect(scenario && (await play(scenario, openDatabase(), distortion))).not.toEqual([]);
  });
});

describe('leases in PostgreSQL', () => {
  it.each(leaseStoreChecks)('$name', async ({ run }) => {
    const { store } = openDatabase();
    await store.ensure();
    await expect(run(store.leases)).resolves.toBeUndefined();
  });
});

/** A client that leaves the lock of a key out, as SQL of somebody else would. */
function withoutLock(client: PostgresClient): PostgresClient {
  return {
    query: async (text, values) =>
      text.includes('pg_advisory_xact_lock') ? { rows: [], rowCount: 0 } : client.query(text, values),
  };
}

/** Two transactions write one key; the second one tries to commit while the first is open. */
async function twoTransactions(through: (client: PostgresClient) => PostgresClient): Promise<readonly number[]> {
  const { store } = openDatabase();
  const stage = new Stage({ store, transact: () => Promise.resolve() }, right);
  const [first, second] = [await server.pool.connect(), await server.pool.connect()];
  try {
    await stage.outbox.ensure();
    await stage.relay();
    const rows = await Promise.all([0, 1].map(async (n) => (await stage.outbox.prepare(orders, placed('a', n))).rows));
    for (const client of [first, second]) await client.query('begin');
    await store.write(through(first), rows[0] ?? []);
    const writing = store.write(through(second), rows[1] ?? []);
    if ((await Promise.race([writing.then(() => 'written'), waitsForLock()])) === 'written') {
      await second.query('commit');
      await until(async () => (await stored(await stage.connect(), orders)).length > 0);
    }
    await first.query('commit');
    await writing;
    await second.query('commit');
    await until(async () => (await stage.outbox.backlog()).rows === 0);
    return byKey(await stored(await stage.connect(), orders))['a'] ?? [];
  } finally {
    for (const client of [first, second]) client.release();
    await stage.close();
  }
}

async function waitsForLock(): Promise<'waits'> {
  const sql = `select 1 from pg_stat_activity where wait_event = 'advisory'`;
  await until(async () => (await server.pool.query(sql)).rowCount !== 0);
  return 'waits';
}

describe('transactions that write one key at the same time', () => {
  it('commit in the order in which they wrote, so that no event overtakes another', async () => {
    expect(await twoTransactions((client) => client)).toEqual([0, 1]);
  });

  it('would not, without the lock', async () => {
    expect(await twoTransactions(withoutLock)).toEqual([1, 0]);
  });
});

/** A transaction that wrote early commits after later rows were sent and removed; then the relay reads many times. */
async function leftAfterLateCommit(over: (store: TestStore) => TestStore): Promise<number> {
  const { store } = openDatabase();
  const stage = new Stage({ store, transact: () => Promise.resolve() }, right);
  const late = await server.pool.connect();
  let reads = 0;
  try {
    await stage.outbox.ensure();
    const { rows } = await stage.outbox.prepare(orders, placed('late', 0));
    await late.query('begin');
    await store.write(late, rows);
    await stage.relay({}, undefined, (one) => {
      const wrong = over(one);
      return overStore(wrong, {
        read: (request) => {
          reads++;
          return wrong.read(request);
        },
      });
    });
    for (let n = 0; n < 3; n++) {
      const next = await stage.outbox.prepare(orders, placed('early', n));
      await inTransaction((client) => store.write(client, next.rows));
      await until(async () => (await stored(await stage.connect(), orders)).length === n + 1);
    }
    const before = reads;
    await until(() => reads > before + 5);
    await late.query('commit');
    const after = reads;
    await until(() => reads > after + 10);
    return (await stage.outbox.backlog()).rows;
  } finally {
    late.release();
    await stage.close();
  }
}

describe('where a relay begins to read', () => {
  it('never passes a row of a transaction that is still open', async () => {
    expect(await leftAfterLateCommit((store) => store)).toBe(0);
  });

  it('names a number above each transaction that can still write below the last row, also of one younger than all that are over', async () => {
    const { store } = openDatabase();
    const stage = new Stage({ store, transact: () => Promise.resolve() }, right);
    const [older, late] = [await server.pool.connect(), await server.pool.connect()];
    try {
      await stage.outbox.ensure();
      const [below, last] = [
        await stage.outbox.prepare(orders, placed('late', 0)),
        await stage.outbox.prepare(orders, placed('early', 0)),
      ];
      await older.query('begin');
      await older.query('select pg_current_xact_id()');
      await late.query('begin');
      await store.write(late, below.rows);
      const { rows } = await late.query<{ number: string }>('select pg_current_xact_id()::text as number');
      await store.write(older, last.rows);
      await older.query('commit');

      const everything = {
        shards: Array.from({ length: 16 }, (_, shard) => shard),
        topics: [orders.name],
        without: [],
      };
      const page = await store.read({ ...everything, after: '0', limit: 10 });
      expect(page.rows).toHaveLength(1);
      expect(page.next).toBeGreaterThan(BigInt(rows[0]?.number ?? 0));
      await late.query('commit');
    } finally {
      older.release();
      late.release();
      await stage.close();
    }
  });

  it('would, if it went by the rows alone', async () => {
    const left = await leftAfterLateCommit((store) =>
      overStore(store, { read: async (request) => ({ ...(await store.read(request)), oldest: 1n, next: 1n }) }),
    );
    expect(left).toBe(1);
  });

  it('passes what was removed, so that reads stay cheap while nothing can be vacuumed', async () => {
    const { store, prefix } = openDatabase();
    const stage = new Stage({ store, transact: () => Promise.resolve() }, right);
    const old = await server.pool.connect();
    const begins: string[] = [];
    try {
      await stage.outbox.ensure();
      const inputs = Array.from({ length: 5_000 }, (_, n) => placed(`k${n % 100}`, n));
      const { rows } = await stage.outbox.prepare(orders, ...inputs);
      await inTransaction((client) => store.write(client, rows));
      // As a backup or a report would: nothing that is removed from now on can be vacuumed.
      await old.query('begin isolation level repeatable read');
      await old.query(`select count(*) from ${prefix}outbox`);
      await stage.relay({}, undefined, (one) =>
        overStore(one, {
          read: (request) => {
            begins.push(request.after);
            return one.read(request);
          },
        }),
      );
      await until(async () => (await stage.outbox.backlog()).rows === 0);
      await until(() => Number(begins.at(-1)) >= 4_900);
      const pages = async (after: string): Promise<number> => {
        const sql = `explain (analyze, buffers, format json) select * from ${prefix}outbox where seq > ${after} order by seq limit 1000`;
        const text = JSON.stringify((await server.pool.query(sql)).rows);
        return Number(/"Shared Hit Blocks":(\d+)/.exec(text)?.[1]);
      };
      expect(await pages('0')).toBeGreaterThan(50);
      expect(await pages(begins.at(-1) ?? '0')).toBeLessThan(20);
      await old.query('commit');
    } finally {
      old.release();
      await stage.close();
    }
  });
});

it('many writers and relays that come and go keep each key in the order of its business data', async () => {
  const { store, prefix } = openDatabase();
  const stage = new Stage({ store, transact: () => Promise.resolve() }, right);
  try {
    await stage.outbox.ensure();
    await server.pool.query(`create table ${prefix}business (name text primary key, n integer not null)`);
    const names = ['a', 'b', 'c', 'd'];
    for (const name of names) await server.pool.query(`insert into ${prefix}business values ($1, 0)`, [name]);
    const writer = async (seed: number): Promise<void> => {
      for (let round = 0; round < 50; round++) {
        const name = names[(seed + round) % names.length] ?? 'a';
        await inTransaction(async (client) => {
          const sql = `update ${prefix}business set n = n + 1 where name = $1 returning n`;
          const [row] = (await client.query<{ n: number }>(sql, [name])).rows;
          await store.write(client, (await stage.outbox.prepare(orders, placed(name, row?.n ?? -1))).rows);
          if ((seed + round) % 7 === 0) throw new RolledBack();
        }).catch((error: unknown) => {
          if (!(error instanceof RolledBack)) throw error;
        });
      }
    };
    let running = await stage.relay({ pageSize: 20 });
    const writing = Promise.all([0, 1, 2, 3, 4, 5].map(writer));
    for (let turn = 0; turn < 3; turn++) {
      const next = await stage.relay({ pageSize: 20 });
      await until(() => next.relay.status.shares > 0);
      await running.stop();
      running = next;
    }
    await writing;
    await until(async () => (await stage.outbox.backlog()).rows === 0);
    const found = byKey(await stored(await stage.connect(), orders));
    for (const name of names) {
      const committed = (
        await server.pool.query<{ n: number }>(`select n from ${prefix}business where name = $1`, [name])
      ).rows[0]?.n;
      expect(found[name]).toEqual(Array.from({ length: committed ?? 0 }, (_, n) => n + 1));
    }
  } finally {
    await stage.close();
  }
});

it('a relay goes on when the database comes back', async () => {
  const { store } = openDatabase();
  const stage = new Stage({ store, transact: () => Promise.resolve() }, right);
  try {
    await stage.outbox.ensure();
    await stage.relay({ pageSize: 5 });
    const write = async (from: number): Promise<void> => {
      const inputs = Array.from({ length: 50 }, (_, n) => placed('a', from + n));
      const { rows } = await stage.outbox.prepare(orders, ...inputs);
      await inTransaction((client) => store.write(client, rows));
    };
    await write(0);
    await server.stop();
    await server.start();
    await write(50);
    await until(async () => (await stage.outbox.backlog()).rows === 0);
    const found = byKey(await stored(await stage.connect(), orders))['a'];
    expect([...new Set(found)]).toEqual(Array.from({ length: 100 }, (_, n) => n));
  } finally {
    await stage.close();
  }
});

class RolledBack extends Error {}

async function inTransaction(work: (client: PoolClient) => Promise<void>): Promise<void> {
  const client = await server.pool.connect();
  try {
    await client.query('begin');
    await work(client);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback');
    throw error;
  } finally {
    client.release();
  }
}
