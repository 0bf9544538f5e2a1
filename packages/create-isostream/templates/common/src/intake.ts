import { type Producer, StreamError } from 'isostream';
import { order, type OrderInput } from './topics.js';

/** Sends an order; the HTTP status says how that went. */
export async function place(producer: Producer<OrderInput>, body: unknown): Promise<202 | 400 | 503> {
  const { data } = order.safeParse(body);
  if (data === undefined) return 400;
  try {
    await producer.send({ type: 'order.placed', data });
    return 202;
  } catch (error) {
    if (StreamError.is(error) && error.retryable) return 503;
    throw error;
  }
}
