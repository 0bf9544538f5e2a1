import { createMemory } from '@isostream/memory';
import { record, toHaveDeadLettered, toHaveReceived } from '@isostream/testing';
import { connect } from 'isostream';
import { expect, it } from 'vitest';
import { createService, orders } from '../src/service.ts';

it('takes an order, bills it, dead-letters one that can never be right, and ends with what is under way', async () => {
  const streams = await connect({ adapter: createMemory(), topics: [orders] });
  const { server, billed, close } = createService(streams);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  const post = async (order: unknown): Promise<number> =>
    (await fetch(`${url}/orders`, { method: 'POST', body: JSON.stringify(order) })).status;

  expect([await post({ id: 'o-1', total: 9 }), await post({ id: 'o-2', total: -1 })]).toEqual([202, 202]);
  expect(await post({ total: 9 })).toBe(400);
  const recorded = record(streams, orders);
  await toHaveReceived(recorded, { type: 'order.placed', data: { id: 'o-1' } });
  await toHaveDeadLettered(recorded, 'billing', { key: 'o-2', error: { message: /never be right/ } });
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  await close();
  expect([...billed]).toEqual([['o-1', 9]]);
  expect(server.listening).toBe(false);
});
