import { defineTopic, type Streams, type StreamEvent, type Topic } from '@isostream/core';
import { z } from 'zod';

const order = z.object({ order: z.string(), n: z.number(), text: z.string().optional() });
export type OrderInput = { readonly type: 'placed'; readonly id?: string; readonly data: z.input<typeof order> };

export const orders = defineTopic('orders', {
  events: { placed: order },
  key: ({ data }) => data.order,
  partitions: 4,
  maxEventBytes: '4kb',
});

export const placed = (name: string, n: number, text?: string): OrderInput => ({
  type: 'placed',
  data: { order: name, n, ...(text === undefined ? {} : { text }) },
});

/** What the topic holds, in the order of its partitions. */
export async function stored<Output>(streams: Streams, topic: Topic<unknown, Output>): Promise<Output[]> {
  const events: Output[] = [];
  await streams.replay(topic, { from: 'earliest' }).run((event: Output) => {
    events.push(event);
  });
  return events;
}

/** Numbers of each key, in the order in which they were stored. */
export function byKey(events: readonly StreamEvent<string, { readonly n: number }>[]): Record<string, number[]> {
  const found: Record<string, number[]> = {};
  for (const { key, data } of events) (found[String(key)] ??= []).push(data.n);
  return found;
}

/** Without repeats: each number where it came first. */
export const firstOf = (numbers: readonly number[] = []): number[] => [...new Set(numbers)];

export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setImmediate(resolve));
}
