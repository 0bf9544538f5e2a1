import { defineTopic, type RawEvent, type Streams } from '@isostream/core';
import type { LoadTopic } from '../load/load-topic.ts';

/** An event as a replay finds it. */
export interface Stored {
  readonly id: string;
  readonly time: number;
  readonly storedAt: number;
}

/** Each event with both of its times. When it was stored is told to readers of bytes. */
export async function whatIsStored(streams: Streams, topic: LoadTopic): Promise<Stored[]> {
  const storedAt = new Map<string, number>();
  const place = ({ partition, position }: { readonly partition: string; readonly position: string }): string =>
    `${partition}/${position}`;
  await streams
    .replay(defineTopic(topic.name, { raw: true }), { from: 'earliest' })
    .run((event: RawEvent, context) => void storedAt.set(place(context), event.time.getTime()));
  const stored: Stored[] = [];
  await streams.replay(topic, { from: 'earliest' }).run(({ id, time }, context) => {
    stored.push({ id, time: time.getTime(), storedAt: storedAt.get(place(context)) ?? Number.NaN });
  });
  return stored;
}
