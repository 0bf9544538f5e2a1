import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMemory } from '@isostream/memory';
import { record, toHaveDeadLettered, toHaveReceived } from '@isostream/testing';
import { start } from './service.js';
import { orders } from './topics.js';

test('bills an order, dead-letters one above the limit, and refuses what is not an order', async () => {
  const { url, streams, bank, close } = await start({ adapter: createMemory(), topics: [orders] }, 0);
  const post = async (body: unknown): Promise<number> => {
    const headers = { 'content-type': 'application/json' };
    return (await fetch(`${url}/orders`, { method: 'POST', headers, body: JSON.stringify(body) })).status;
  };
  assert.equal(await post({ id: 'o-1', total: 9 }), 202);
  assert.equal(await post({ id: 'o-2', total: 5_000 }), 202);
  assert.equal(await post({ total: 9 }), 400);

  const recorded = record(streams, orders);
  await toHaveReceived(recorded, { type: 'order.billed', data: { id: 'o-1' } });
  await toHaveDeadLettered(recorded, 'billing', { key: 'o-2', error: { message: /above the limit/ } });
  for (const path of ['livez', 'readyz', 'startupz']) assert.equal((await fetch(`${url}/${path}`)).status, 200, path);
  assert.match(await (await fetch(`${url}/metrics`)).text(), /isostream_consumer_dead_letters/);
  await close();
  assert.deepEqual([...bank.charged], [['o-1', 9]]);
});
