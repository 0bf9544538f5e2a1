import { defineTopic } from '@isostream/core';
import { leaseStoreChecks } from '@isostream/coordination/checks';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createOutbox, sqliteOutbox } from '../src/index.ts';
import { distortions, right } from './support/distortions.ts';
import type { TestDatabase } from './support/harness.ts';
import { orders } from './support/orders.ts';
import { play, scenarios } from './support/scenarios.ts';
import { openSqlite } from './support/sqlite.ts';

function openDatabase(): TestDatabase {
  const database = openSqlite();
  const store = sqliteOutbox(database);
  database.exec('create table business (n integer)');
  return {
    store,
    transact: async (rows, end) => {
      database.exec('begin');
      database.exec('insert into business values (1)');
      store.write(database, rows);
      database.exec(end);
    },
  };
}

describe('an outbox in SQLite', () => {
  it.each(scenarios)('$name', async (scenario) => {
    expect(await play(scenario, openDatabase(), right)).toEqual([]);
  });

  const kills = scenarios.flatMap((scenario) => scenario.kills.map((name) => ({ name, scenario })));

  it.each(kills)('$name: seen by "$scenario.name"', async ({ name, scenario }) => {
    const distortion = distortions.find((each) => each.name === name);
    expect(distortion).toBeDefined();
    expect(await play(scenario, openDatabase(), distortion ?? right)).not.toEqual([]);
  });

  it('has a scenario for each wrong version', () => {
    expect(distortions.filter(({ name }) => !kills.some((kill) => kill.name === name))).toEqual([]);
  });
});

describe('leases in SQLite', () => {
  it.each(leaseStoreChecks)('$name', async ({ run }) => {
    const store = sqliteOutbox(openSqlite());
    await store.ensure();
    await expect(run(store.leases)).resolves.toBeUndefined();
  });
});

describe('what is written to an outbox', () => {
  const outbox = createOutbox({ store: sqliteOutbox(openSqlite()), topics: [orders] });

  it.each([
    ['a value that its schema refuses', { type: 'placed', data: { order: 'a', n: 'one' } }, 'schema-violation'],
    ['an undeclared type', { type: 'shipped', data: {} }, 'schema-violation'],
    ['null for data', { type: 'placed', data: null }, 'schema-violation'],
    ['no type', { data: {} }, 'invalid-event'],
    ['an empty key', { type: 'placed', data: { order: '', n: 1 } }, 'invalid-key'],
    ['a key longer than a topic takes', { type: 'placed', data: { order: 'x'.repeat(257), n: 1 } }, 'invalid-key'],
    [
      'a time that is none',
      { type: 'placed', data: { order: 'a', n: 1 }, time: new Date(Number.NaN) },
      'invalid-event',
    ],
  ])('is checked in the transaction: %s', async (_name, event, code) => {
    // @ts-expect-error what plain JavaScript may pass
    await expect(outbox.prepare(orders, event)).rejects.toMatchObject({ code });
  });

  it('is judged as the relay will read it: a date is text there', async () => {
    const dated = defineTopic('dated', {
      events: { placed: z.object({ at: z.date() }) },
      key: ({ data }) => String(data.at),
    });
    const outboxOfDates = createOutbox({ store: sqliteOutbox(openSqlite()), topics: [dated] });
    await expect(outboxOfDates.prepare(dated, { type: 'placed', data: { at: new Date(0) } })).rejects.toMatchObject({
      code: 'schema-violation',
    });
  });

  it('can be a tombstone, by its key alone', async () => {
    const table = defineTopic('table', {
      events: { placed: z.object({ order: z.string() }) },
      key: ({ data }) => data.order,
      tombstones: true,
    });
    const tables = createOutbox({ store: sqliteOutbox(openSqlite()), topics: [table] });
    const { rows } = await tables.prepare(table, { type: 'tombstone', key: 'a' });
    expect(rows).toMatchObject([{ key: 'a', event: expect.stringContaining('"type":"tombstone","key":"a"') }]);
    await expect(tables.prepare(table, { type: 'tombstone', key: '' })).rejects.toMatchObject({ code: 'invalid-key' });
  });

  it('is what JSON keeps unchanged', async () => {
    for (const n of [Number.NaN, Infinity])
      await expect(outbox.prepare(orders, { type: 'placed', data: { order: 'a', n } })).rejects.toMatchObject({
        code: expect.stringMatching(/invalid-event|schema-violation/),
      });
  });
});
