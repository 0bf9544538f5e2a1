import { type LocalBroker, startBroker } from '@isostream/emulators';
import { connect, type Streams } from 'isostream';
import type { HandleOrder, Refused } from '../src/handle.ts';
import { orders } from '../src/topics.ts';

/** What the functions did. */
export interface Seen {
  readonly billed: string[];
  readonly refused: string[];
  readonly handle: HandleOrder;
  readonly refuse: Refused;
}

export function seen(): Seen {
  const billed: string[] = [];
  const refused: string[] = [];
  return {
    billed,
    refused,
    handle: ({ key, id, data }) => void billed.push(`${key} ${id} ${data.total}`),
    refuse: (_, error) => void refused.push(error.code),
  };
}

/** Three orders as isostream writes them to a service, and what `read` reads back there. */
export async function stored<Result>(
  provider: string,
  read: (streams: Streams, url: string) => Promise<Result>,
): Promise<Result> {
  await using broker: LocalBroker = await startBroker(provider, { mode: 'native' });
  await using streams = await connect({ url: broker.url, topics: [orders] });
  const producer = streams.producer(orders);
  const event = (id: string, total: number) =>
    ({ type: 'order.placed', id: `e-${total}`, data: { id, total } }) as const;
  for (const one of [event('o-1', 1), event('o-1', 2), event('o-2', 3)]) await producer.send(one);
  // Awaited here: the broker ends where this function does.
  return await read(streams, broker.url);
}

/** The records as the service's own client gives them, where the adapter passes them on. */
export async function natives(streams: Streams): Promise<readonly unknown[]> {
  const records = new Map<number, unknown>();
  const consumer = streams.consumer(orders, { group: 'functions' });
  await consumer.run(({ data }, { native }) => {
    records.set(data.total, native);
    if (records.size === 3) void consumer.close();
  });
  return [1, 2, 3].map((total) => records.get(total));
}

export const wanted: readonly string[] = ['o-1 e-1 1', 'o-1 e-2 2', 'o-2 e-3 3'];
