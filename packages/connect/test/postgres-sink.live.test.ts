import { createStreams, defineTopic, type RawInput, type Streams } from '@isostream/core';
import { createMemory } from '@isostream/memory';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Config } from '../src/config/definition.ts';
import { nothing } from '../src/data/values.ts';
import { postgresSink } from '../src/sinks/postgres/postgres.ts';
import type { SinkRecord } from '../src/sinks/sink.ts';
import { plan, worker } from './support/files.ts';
import { runUntil, textsIn } from './support/run.ts';
import { usePostgres } from '../../outbox/test/support/postgres.ts';

const rides = defineTopic('rides', { raw: true, partitions: 3 });
const letters = defineTopic('letters', { raw: true, partitions: 1 });
const postgres = usePostgres();
let streams: Streams;
let tables = 0;

beforeEach(async () => {
  tables += 1;
  streams = await createStreams({ adapter: createMemory(), topics: [rides, letters] });
});
afterEach(() => streams.close());

type Event = readonly [key: string | null, value: string | null];

function send(...events: readonly Event[]): Promise<unknown> {
  const inputs = events.map(([key, value]): RawInput => ({ key, value: value === null ? null : Buffer.from(value) }));
  return streams.producer(rides).sendBatch(inputs);
}

const table = (): string => `rides_${tables}`;

async function run(properties: string, condition: () => Promise<void> | void, from = worker): Promise<void> {
  const { port } = new URL(postgres.url);
  const text = `name=rows-${tables}
topics=rides
connector.class=io.confluent.connect.jdbc.JdbcSinkConnector
connection.url=jdbc:postgresql://127.0.0.1:${port}/postgres
connection.user=postgres
connection.password=any
table.name.format=\${topic}_${tables}
errors.tolerance=all
errors.deadletterqueue.topic.name=letters
${properties}`;
  await runUntil(await plan(from, [text]), streams, condition);
}

async function rows(sql = `select * from ${table()} order by 1`): Promise<unknown[]> {
  const result = await postgres.pool.query<Record<string, unknown>>(sql);
  return result.rows;
}

/** A table that is not there yet has no rows. */
async function count(): Promise<number> {
  return (await rows().catch(() => [])).length;
}

const upsert = 'auto.create=true\ninsert.mode=upsert\npk.mode=record_key\npk.fields=id\n';

describe('the PostgreSQL sink', () => {
  it('makes a table, replaces rows by their key, adds columns, and deletes by a tombstone', async () => {
    await send(
      ['a', '{"lat":0}'],
      ['b', '{"lat":1.5,"tags":["x"]}'],
      ['c', '{"lat":2}'],
      ['a', '{"lat":0.5}'],
      ['c', null],
    );
    await run(`${upsert}auto.evolve=true\ndelete.enabled=true\n`, async () =>
      expect(await rows()).toEqual([
        { id: 'a', lat: '0.5', tags: null },
        { id: 'b', lat: '1.5', tags: ['x'] },
      ]),
    );
  });

  it('takes the types of a table that is there, and names of columns in any case', async () => {
    await postgres.pool.query(
      `create table ${table()} (id integer primary key, "At" timestamptz, seats smallint[], data jsonb, note varchar(5))`,
    );
    await send([null, '{"id":1,"at":"2026-01-02T03:04:05Z","seats":[1,2],"data":{"a":[null]},"note":"short"}']);
    await run('pk.mode=record_value\npk.fields=id\n', async () =>
      expect(await rows()).toEqual([
        { id: 1, At: new Date('2026-01-02T03:04:05Z'), seats: [1, 2], data: { a: [null] }, note: 'short' },
      ]),
    );
  });

  it('dead-letters a text that is longer than its column: nothing is cut, and no two keys become one', async () => {
    await postgres.pool.query(
      `create domain code_${tables} as varchar(7);
       create domain short_${tables} as code_${tables};
       create table ${table()} (id varchar(7) primary key, letters char(3), code short_${tables}, list varchar(3)[])`,
    );
    const bad = [
      ['order-10', '{"letters":"abc"}'],
      ['order-2', '{"letters":"abcd"}'],
      ['order-3', '{"code":"order-30"}'],
      ['order-4', '{"list":["abcd"]}'],
    ] as const;
    await send(...bad, ['order-1', '{"letters":"ab","code":"order-1","list":["abc"]}'], ['order-5', '{"letters":{}}']);
    await run('insert.mode=upsert\npk.mode=record_key\npk.fields=id\n', async () => {
      expect(await textsIn(streams, 'letters')).toHaveLength(bad.length);
      expect(await rows()).toEqual([
        { id: 'order-1', letters: 'ab ', code: 'order-1', list: ['abc'] },
        { id: 'order-5', letters: '{} ', code: null, list: null },
      ]);
    });
  });

  it('keeps the values of records whose fields are named in another case', async () => {
    await postgres.pool.query(`create table ${table()} (id integer primary key, name text)`);
    await send(['a', '{"id":1,"name":"x"}'], ['b', '{"ID":2,"NAME":"y"}'], ['c', '{"id":3,"name":"z","NAME":"z"}']);
    await run('', async () => {
      expect(await rows()).toEqual([
        { id: 1, name: 'x' },
        { id: 2, name: 'y' },
      ]);
      expect(await textsIn(streams, 'letters')).toEqual(['{"id":3,"name":"z","NAME":"z"}']);
    });
  });

  it('writes keys that only the table takes for the same, and dead-letters what a view or a trigger refuses', async () => {
    await postgres.pool.query(
      `create table base_${tables} (id integer primary key, n integer);
       create view ${table()} as select * from base_${tables} where n < 100 with check option;
       create function own_${tables}() returns trigger language plpgsql as $$
       begin if new.n = 7 then raise exception 'no sevens' using errcode = 'MY007'; end if; return new; end $$;
       create trigger own before insert or update on base_${tables} for each row execute function own_${tables}()`,
    );
    await send(['1', '{"n":1}'], ['01', '{"n":2}'], ['2', '{"n":100}'], ['3', '{"n":7}']);
    await run('insert.mode=upsert\npk.mode=record_key\npk.fields=id\n', async () => {
      expect((await textsIn(streams, 'letters')).toSorted()).toEqual(['{"n":100}', '{"n":7}']);
      expect(await count()).toBe(1);
    });
  });

  it('writes values with a schema to columns of its types', async () => {
    const schema = {
      type: 'struct',
      fields: [
        { field: 'n', type: 'int32' },
        { field: 'at', type: 'int64', name: 'org.apache.kafka.connect.data.Timestamp' },
        { field: 'raw', type: 'bytes', optional: true },
      ],
    };
    await send(['a', JSON.stringify({ schema, payload: { n: 7, at: 1_000, raw: 'AQI=' } })]);
    const withSchemas = worker.replace('schemas.enable=false', 'schemas.enable=true');
    const typed = `select n, at::text, raw, pg_typeof(n)::text as type from ${table()}`;
    await run('auto.create=true\n', async () => expect(await count()).toBe(1), withSchemas);
    expect(await rows(typed)).toEqual([{ n: 7, at: '1970-01-01 00:00:01', raw: Buffer.from([1, 2]), type: 'integer' }]);
  });

  it('dead-letters the rows that the table refuses, and stores the others of their transaction', async () => {
    await postgres.pool.query(`create table ${table()} (id text primary key, n integer check (n < 100))`);
    const events = Array.from({ length: 20 }, (_, n): Event => [
      `k${n}`,
      `{"n":${n === 7 ? '"seven"' : n === 13 ? 100 : n}}`,
    ]);
    await send(...events, ['unknown', '{"m":1}'], ['tombstone', null]);
    await run('insert.mode=upsert\npk.mode=record_key\npk.fields=id\n', async () => {
      expect(await count()).toBe(18);
      expect(await textsIn(streams, 'letters')).toHaveLength(4);
    });
    expect((await textsIn(streams, 'letters')).toSorted()).toEqual(['', '{"m":1}', '{"n":"seven"}', '{"n":100}']);
  });

  it('stores each event once, whatever comes again: the place is in the transaction of the row', async () => {
    await send(...Array.from({ length: 50 }, (_, n): Event => [`k${n % 7}`, `{"n":${n}}`]));
    await run('auto.create=true\n', async () => expect(await count()).toBe(50));
    await send(['k1', '{"n":50}']);
    // A group of its own reads everything again.
    await run('auto.create=true\nconsumer.override.group.id=again\n', async () => expect(await count()).toBe(51));
    await send(['k1', '{"n":51}']);
    const without = 'auto.create=true\nconsumer.override.group.id=others\nisostream.positions.table=\n';
    await run(without, async () => expect(await count()).toBe(51 + 52));
  });

  it('stores what has the same place in a topic that was made again', async () => {
    await send(['a', '{"n":1}']);
    await run('auto.create=true\n', async () => expect(await count()).toBe(1));
    await streams.close();
    streams = await createStreams({ adapter: createMemory(), topics: [rides, letters] });
    await send(['a', '{"n":2}']);
    await run('auto.create=true\n', async () => expect(await rows()).toEqual([{ n: '1' }, { n: '2' }]));
  });

  it.each([
    ['numbers', (n: number) => String(n), (n: number) => String(n).padStart(64, '0')],
    ['ids without an order', (n: number) => `id-${n}`, () => null],
    ['of both kinds', (n: number) => `${n}`, (n: number) => (n % 3 === 0 ? null : String(n).padStart(64, '0'))],
  ])(
    'stores each record once where two owners write the same at once: positions that are %s',
    async (_, name, order) => {
      await postgres.pool.query(`create table ${table()} (n integer)`);
      // A default of which locks alone are not enough: what a transaction sees would be from before it had them.
      await postgres.pool.query(`alter role postgres set default_transaction_isolation = 'repeatable read'`);
      const { host } = new URL(postgres.url);
      const properties = {
        'connection.url': `jdbc:postgresql://${host}/postgres`,
        'connection.user': 'postgres',
        'table.name.format': table(),
      };
      const config = new Config(postgresSink.definitions, properties);
      const owners = [0, 1].map((task) =>
        postgresSink.create(config, { connector: `owners-${tables}`, task, say: () => undefined }),
      );
      const { signal } = new AbortController();
      const record = (n: number): SinkRecord => ({
        topic: 'rides',
        key: nothing,
        value: { schema: null, value: new Map([['n', BigInt(n)]]) },
        headers: [],
        timestamp: 1_000,
        origin: { topic: 'rides', partition: String(n % 2), position: name(n) },
        offset: null,
        order: order(n),
      });
      await Promise.all(
        owners.map(async (owner, at) => {
          await owner.open?.(signal);
          // Each begins elsewhere, and both write everything.
          for (let from = 0; from < 400; from += 20)
            await owner.put(
              Array.from({ length: 40 }, (_unused, n) => record((at * 200 + from + n) % 400)),
              signal,
            );
          await owner.close?.();
        }),
      );
      expect(await rows(`select count(*)::int as all, count(distinct n)::int as different from ${table()}`)).toEqual([
        { all: 400, different: 400 },
      ]);
      await postgres.pool.query('alter role postgres reset default_transaction_isolation');
    },
  );

  it('says what to do where the table of places is one of an earlier version', async () => {
    await postgres.pool.query('create table old_places (connector text, topic text, partition text, position text)');
    await send(['a', '{"n":1}']);
    const running = run('auto.create=true\nisostream.positions.table=old_places\n', async () => {
      expect(await count()).toBe(1);
    });
    await expect(running).rejects.toThrow(/old_places was made by an earlier version.*drop it/);
  });

  it('deletes as many old places as there are', async () => {
    await send(['a', '{"n":1}']);
    await run('auto.create=true\n', async () => expect(await count()).toBe(1));
    await postgres.pool.query(
      `insert into isostream_connect_positions select 'rows-${tables}', 'rides', '0', n::text, n::text, '0;0', now() - interval '8 days'
       from generate_series(1, 25000) n`,
    );
    const old = `select 1 from isostream_connect_positions where connector = 'rows-${tables}' and stored_at < now() - interval '7 days'`;
    await run('', async () => {
      await send(['a', '{"n":2}']);
      expect(await rows(`${old} limit 1`)).toEqual([]);
    });
  });

  it('changes nothing by what comes again, late: a row stays as the last event left it', async () => {
    await send(['a', '{"n":1}'], ['a', '{"n":2}'], ['a', '{"n":3}']);
    const columns = `${upsert}offset.flush.interval.ms=1\n`;
    await run(columns, async () => expect(await rows()).toEqual([{ id: 'a', n: '3' }]));
    await postgres.pool.query(`create table seen_${tables} as select n from ${table()}`);
    await postgres.pool.query(
      `create function log_${tables}() returns trigger language plpgsql as $$ begin insert into seen_${tables} values (new.n); return new; end $$;
       create trigger logged before insert or update on ${table()} for each row execute function log_${tables}()`,
    );
    await send(['b', '{"n":9}']);
    await run(`${columns}consumer.override.group.id=again\n`, async () => expect(await count()).toBe(2));
    expect(await rows(`select n from seen_${tables}`)).toEqual([{ n: '3' }, { n: '9' }]);
  });

  it('loses nothing and stores nothing twice while connections are cut, and comes back by itself', async () => {
    await postgres.pool.query(`create table ${table()} (n integer)`);
    await send(...Array.from({ length: 300 }, (_, n): Event => [`k${n % 20}`, `{"n":${n}}`]));
    const cut = `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'isostream-connect'`;
    let cuts = 0;
    await run('', async () => {
      if (cuts < 5) cuts += (await postgres.pool.query(cut)).rowCount ?? 0;
      expect(await count()).toBe(300);
      expect(cuts).toBeGreaterThan(2);
    });
    expect((await rows(`select count(distinct n)::int as different from ${table()}`))[0]).toEqual({ different: 300 });
    expect(await textsIn(streams, 'letters')).toEqual([]);
  });

  it('ends with what to do where the table is missing', async () => {
    await send(['a', '{"n":1}']);
    const never = (): void => expect(true).toBe(false);
    await expect(run('', never)).rejects.toThrow('Create it, or set auto.create=true');
    expect(await textsIn(streams, 'letters')).toEqual([]);
  });

  it('writes rows of one key in the order of their events, also within one transaction', async () => {
    await send(['x', '{"id":1,"n":1}'], ['y', '{"id":1,"n":2}'], ['z', '{"id":2,"n":3}']);
    const keys = 'auto.create=true\ninsert.mode=upsert\npk.mode=record_value\npk.fields=id\n';
    await run(keys, async () =>
      expect(await rows(`select id from ${table()} order by 1`)).toEqual([{ id: '1' }, { id: '2' }]),
    );
    expect(await textsIn(streams, 'letters')).toEqual([]);
  });
});
