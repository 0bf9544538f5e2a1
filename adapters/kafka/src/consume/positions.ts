import type { Start } from '@isostream/core/adapter';
import { byLeader, type Cluster } from '../client/cluster.ts';
import { WireError } from '../client/wire-error.ts';

/** Kafka's names for the first offset and the end. Source: ListOffsets request. */
export const earliest = -2;
export const latest = -1;

/** The offset of each partition where reading starts: the first event, the end, or the first event at or after a time. */
export async function startOffsets(
  cluster: Cluster,
  topic: string,
  partitions: readonly number[],
  start: Start,
): Promise<Map<number, bigint>> {
  if (start === 'earliest') return offsetsAt(cluster, topic, partitions, earliest);
  if (start === 'latest') return offsetsAt(cluster, topic, partitions, latest);
  // Below zero the protocol has names for other places.
  const offsets = await offsetsAt(cluster, topic, partitions, Math.max(0, start.getTime()));
  const beyond = [...offsets].flatMap(([partition, offset]) => (offset < 0n ? [partition] : []));
  if (beyond.length > 0)
    for (const [partition, end] of await offsetsAt(cluster, topic, beyond, latest)) offsets.set(partition, end);
  return offsets;
}

/** Offsets as the brokers tell them; -1 where no event is that new. */
export async function offsetsAt(
  cluster: Cluster,
  topic: string,
  partitions: readonly number[],
  timestamp: number,
): Promise<Map<number, bigint>> {
  const metadata = cluster.known(topic) ?? (await cluster.refresh(topic));
  const offsets = new Map<number, bigint>();
  const answers = [...byLeader(metadata, partitions)].map(async ([node, group]) => {
    for (const { partition, error, offset } of await cluster.wire.listOffsets(node, topic, timestamp, group)) {
      if (error !== 0)
        throw new WireError('protocol', `no offset of partition ${partition}`, { code: error, sent: 'maybe' });
      offsets.set(partition, offset);
    }
  });
  await Promise.all(answers);
  return offsets;
}
