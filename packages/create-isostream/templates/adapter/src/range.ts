import type { OpenRange, Range } from '@isostream/core/adapter';
import { PartitionCursor } from './cursor.js';
import { asked } from './errors.js';
import type { Service } from './service.js';
import { partitionsOf, startOf, topicOf } from './source.js';

/** A bounded read without a group: where each partition begins and ends is fixed now. */
export async function openRange(service: Service, { topic: name, from, to }: Range): Promise<OpenRange> {
  const topic = await topicOf(service, name);
  const cursors = await Promise.all(
    partitionsOf(topic).map(async (partition) => {
      const isPlaces = typeof from === 'object' && !(from instanceof Date);
      const position = isPlaces ? from.get(partition) : undefined;
      // A partition of which no place is given is not read.
      if (isPlaces && position === undefined) return [];
      const start = isPlaces ? Number(position) : await startOf(service, topic, partition, from);
      const end = await asked(name, () => service.end(topic.id, Number(partition)));
      const until = to === 'now' ? end : Math.min(end, await startOf(service, topic, partition, to));
      return [new PartitionCursor({ service, topic: topic.id, partition }, start, until)];
    }),
  );
  return { cursors: cursors.flat(), close: async () => undefined };
}
