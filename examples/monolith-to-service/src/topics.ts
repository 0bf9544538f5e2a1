import { defineTopic } from 'isostream';
import { z } from 'zod';

const order = z.object({ id: z.string(), customer: z.string(), cents: z.number().int().nonnegative() });
const customer = z.object({ id: z.string(), country: z.string() });
const bill = z.object({ order: z.string(), cents: z.number().int().positive() });

export type Order = z.infer<typeof order>;
export type Bill = z.infer<typeof bill>;

/** What the monolith tells: written in its transactions. */
export const orders = defineTopic('orders', {
  events: { 'order.placed': order },
  key: ({ data }) => data.id,
  partitions: 4,
});
export const customers = defineTopic('customers', {
  events: { 'customer.changed': customer },
  key: ({ data }) => data.id,
  partitions: 4,
});

/** What the service answers. */
export const bills = defineTopic('bills', {
  events: { 'bill.issued': bill },
  key: ({ data }) => data.order,
  partitions: 4,
});
