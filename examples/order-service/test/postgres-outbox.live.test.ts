import { startPostgres } from '@isostream/emulators';
import { createMemory } from '@isostream/memory';
import { Pool } from 'pg';
import { expect, it } from 'vitest';
import { createService } from '../src/service.ts';
import { orders } from '../src/topics.ts';

it('an order and its event are written together: each order that is stored is billed, and no other', async () => {
  await using server = await startPostgres();
  const pool = new Pool({ connectionString: server.url });
  // Idle connections fail once the server ends.
  pool.on('error', () => undefined);
  try {
    const { app, bank } = await createService({ adapter: createMemory(), topics: [orders] }, {}, orders, pool);
    const place = async (id: string) => {
      const { statusCode } = await app.inject({ method: 'POST', url: '/orders', payload: { id, total: 9 } });
      return statusCode;
    };

    expect(await Promise.all(['o-1', 'o-2', 'o-3'].map(place))).toEqual([202, 202, 202]);
    expect(await place('o-1')).toBe(409);
    await pool.query('alter table isostream_outbox rename to not_there');
    expect(await place('o-4')).toBe(500);
    await pool.query('alter table not_there rename to isostream_outbox');
    expect(await place('o-5')).toBe(202);

    await expect.poll(() => bank.charged.size, { timeout: 30_000 }).toBe(4);
    const { rows } = await pool.query<{ id: string }>('select id from orders order by id');
    expect(rows.map(({ id }) => id)).toEqual(['o-1', 'o-2', 'o-3', 'o-5']);
    expect([...bank.charged.keys()].toSorted()).toEqual(['o-1', 'o-2', 'o-3', 'o-5']);
    await app.close();
    expect((await pool.query('select * from isostream_outbox')).rowCount).toBe(0);
  } finally {
    await pool.end();
  }
});
