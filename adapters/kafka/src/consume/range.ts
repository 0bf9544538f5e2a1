import { type OpenRange, type Range, untilAborted } from '@isostream/core/adapter';
import { Cluster } from '../client/cluster.ts';
import { toStreamError } from '../errors.ts';
import type { KafkaSettings } from '../options.ts';
import { Fetcher } from './fetcher.ts';
import { PartitionCursor } from './partition-cursor.ts';
import { PartitionReader } from './partition-reader.ts';
import { latest, offsetsAt, startOffsets } from './positions.ts';
import type { SharedWires } from './shared-wires.ts';
import { findTopic } from './source.ts';

/** A bounded read without a group. */
export async function openRange(
  shared: SharedWires,
  range: Range,
  settings: KafkaSettings,
  signal: AbortSignal,
): Promise<OpenRange> {
  const lent = shared.take();
  const { topic } = range;
  try {
    const cluster = new Cluster(lent.data);
    await untilAborted(findTopic(cluster, topic), signal);
    const cursors = await untilAborted(boundsOf(range, cluster), signal);
    const fetcher = new Fetcher(cluster, topic, settings, lent.line);
    for (const cursor of cursors) fetcher.add(cursor);
    return {
      cursors: cursors.map((cursor) => new PartitionReader({ cursor, fetcher })),
      async close() {
        fetcher.stop();
        await lent.giveBack();
      },
    };
  } catch (thrown) {
    await lent.giveBack();
    throw toStreamError(thrown, `topic "${topic}"`);
  }
}

async function boundsOf({ topic, from, to }: Range, cluster: Cluster): Promise<PartitionCursor[]> {
  const all = (cluster.known(topic)?.partitions ?? []).map(({ id }) => id);
  const isMap = !(typeof from === 'string' || from instanceof Date);
  const partitions = isMap ? all.filter((partition) => from.has(String(partition))) : all;
  const ends = await offsetsAt(cluster, topic, partitions, latest);
  const starts = isMap ? undefined : await startOffsets(cluster, topic, partitions, from);
  const before = to === 'now' ? Infinity : to.getTime();
  return partitions.map((partition) => {
    const start = isMap ? BigInt(from.get(String(partition)) ?? 0) : (starts?.get(partition) ?? 0n);
    return new PartitionCursor(partition, start, ends.get(partition) ?? 0n, before);
  });
}
