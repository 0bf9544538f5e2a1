import { defineTopic } from 'isostream';
import { z } from 'zod';

export const order = z.object({ id: z.string().min(1), total: z.number().positive() });

/** What happens to an order, in order for each id. */
export const orders = defineTopic('orders', {
  events: { 'order.placed': order, 'order.billed': z.object({ id: z.string() }) },
  key: (event) => event.data?.id ?? '',
  partitions: 6,
  retention: '7d',
});
