import { createMemory, createVirtualClock } from '@isostream/memory';
import { record, toHaveDeadLettered, toHaveReceived } from '@isostream/testing';
import { expect, it } from 'vitest';
import { createService } from '../src/service.ts';
import { orders } from '../src/topics.ts';

it('bills orders, dead-letters what the bank refuses, and bills it once it is redriven', async () => {
  const clock = createVirtualClock();
  const { app, bank } = await createService({ adapter: createMemory({ clock }), clock, topics: [orders] });
  const recorded = record(app.streams, orders, { clock });
  const post = (url: string, payload?: object) =>
    clock.advanceUntil(app.inject({ method: 'POST', url, ...(payload === undefined ? {} : { payload }) }));

  expect((await post('/orders', { id: 'o-1', total: 9 })).statusCode).toBe(202);
  expect((await post('/orders', { id: 'o-1', total: -9 })).statusCode).toBe(400);
  await toHaveReceived(recorded, { type: 'order.billed', data: { id: 'o-1' } });

  await post('/bank/down');
  await post('/orders', { id: 'o-2', total: 5 });
  await toHaveDeadLettered(recorded, 'billing', { key: 'o-2', attempts: 4, error: { message: /bank is down/ } });
  const letters = await clock.advanceUntil(app.inject('/dead-letters'));
  expect(letters.json()).toMatchObject([{ key: 'o-2', attempts: 4 }]);

  await post('/bank/up');
  expect((await post('/redrive')).json()).toMatchObject({ redriven: 1 });
  await toHaveReceived(recorded, { type: 'order.billed', data: { id: 'o-2' } });
  expect([...bank.charged]).toEqual([
    ['o-1', 9],
    ['o-2', 5],
  ]);
  await clock.advanceUntil(app.close());
});
