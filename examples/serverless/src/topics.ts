import { defineTopic, type TopicOutput } from '@isostream/core';
import { z } from 'zod';

/** The same declaration as in the services that write the topic. */
export const orders = defineTopic('orders', {
  events: { 'order.placed': z.object({ id: z.string(), total: z.number() }) },
  key: (event) => event.data.id,
});
export type OrderEvent = TopicOutput<typeof orders>;
