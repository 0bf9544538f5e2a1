import { createMemory } from '@isostream/memory';
import { STREAMS } from '@isostream/nestjs';
import { record, toHaveDeadLettered, toHaveReceived } from '@isostream/testing';
import type { Streams } from 'isostream';
import { expect, it } from 'vitest';
import { createService } from '../src/service.ts';
import { orders } from '../src/topics.ts';

it('bills orders, counts what was billed, dead-letters what the bank refuses, and bills it once it is redriven', async () => {
  const app = await createService({ adapter: createMemory(), topics: [orders] });
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  const streams: Streams = app.get(STREAMS);
  const post = (path: string, body?: object): Promise<Response> =>
    fetch(`${url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', connection: 'close' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const got = async (path: string): Promise<unknown> => (await fetch(`${url}${path}`)).json();
  const recorded = record(streams, orders);

  expect((await post('/orders', { id: 'o-1', total: 9 })).status).toBe(202);
  expect((await post('/orders', { id: 'o-1', total: -9 })).status).toBe(400);
  await toHaveReceived(recorded, { type: 'order.billed', data: { id: 'o-1' } });
  await expect.poll(() => got('/revenue')).toEqual({ orders: 1, total: 9 });

  await post('/bank/down');
  await post('/orders', { id: 'o-2', total: 5 });
  await toHaveDeadLettered(recorded, 'billing', { key: 'o-2', attempts: 3, error: { message: /bank is down/ } });
  await post('/bank/up');
  expect(await (await post('/redrive')).json()).toMatchObject({ redriven: 1 });
  await expect.poll(() => got('/revenue')).toEqual({ orders: 2, total: 14 });
  expect(await got('/livez')).toMatchObject({ status: 'ok', info: { isostream: { status: 'up' } } });
  expect(await got('/readyz')).toMatchObject({ status: 'ok' });
  await app.close();
});
