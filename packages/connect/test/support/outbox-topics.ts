import { defineTopic } from '@isostream/core';
import { z } from 'zod';

export const orders = defineTopic('orders', {
  events: { placed: z.object({ order: z.string(), n: z.number() }) },
  key: ({ data }) => data.order,
  partitions: 2,
});
