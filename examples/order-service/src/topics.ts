import { type DataCodec, defineTopic } from 'isostream';
import { z } from 'zod';
import { codecNamed } from './codecs.ts';

export const order = z.object({ id: z.string().min(1), total: z.number().positive() });
export type Order = z.infer<typeof order>;

/** What happens to an order, in order for each id. How its data becomes bytes is one line; nothing else of the service knows. */
export const ordersIn = (codec: DataCodec, name = 'orders') =>
  defineTopic(name, {
    events: { 'order.placed': order, 'order.billed': z.object({ id: z.string() }) },
    key: (event) => event.data.id,
    codec,
    partitions: 6,
    retention: '7d',
  });

export type OrderEvents = ReturnType<typeof ordersIn>;

export const orders = ordersIn(codecNamed(process.env['ORDERS_CODEC'], process.env['REGISTRY_URL']));
