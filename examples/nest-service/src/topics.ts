import { defineTopic, type TopicInput, type TopicOutput } from 'isostream';
import { z } from 'zod';

export const order = z.object({ id: z.string().min(1), total: z.number().positive() });
export type Order = z.infer<typeof order>;

/** What happens to an order, in order for each id. */
export const orders = defineTopic('orders', {
  events: { 'order.placed': order, 'order.billed': z.object({ id: z.string(), total: z.number() }) },
  key: (event) => event.data.id,
});
export type OrderInput = TopicInput<typeof orders>;
export type Placed = Extract<TopicOutput<typeof orders>, { type: 'order.placed' }>;
