import { type HandlerMap, type Producer, skip, type TopicOutput } from 'isostream';
import type { Bank } from './bank.js';
import type { OrderInput, orders } from './topics.js';

/** Each failed order is tried five times, with growing pauses; then it is dead-lettered. */
export const billing = { group: 'billing', retry: { attempts: 5, backoff: { initial: '200ms', max: '30s' } } } as const;

/** What the group `billing` does with each type of event. */
export function handlers(bank: Bank, producer: Producer<OrderInput>): HandlerMap<TopicOutput<typeof orders>> {
  return {
    'order.placed': async ({ data }) => {
      await bank.charge(data);
      await producer.send({ type: 'order.billed', data: { id: data.id } });
    },
    'order.billed': skip,
  };
}
