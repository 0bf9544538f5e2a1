import { setTimeout as wait } from 'node:timers/promises';
import type { KafkaNode } from '@isostream/emulators';
import { Kafka, logLevel, type PartitionMetadata } from 'kafkajs';
import type { KafkaSuiteSettings } from './kafka-clients.ts';

/** Longer than a broker's session, an election and the copying of what was missed; shorter than a scenario. */
const timeoutMs = 45_000;

/**
 * Kills each broker and starts it again on its data, one after the other; `nodes` and `brokers` are in the same order.
 * Of several, each is missed before it comes back, so that every partition has lost its leader once and every group its
 * coordinator; and none is killed before all replicas are in sync, so that never more than one of a partition is away.
 */
export async function restartInTurn(nodes: readonly KafkaNode[], { brokers }: KafkaSuiteSettings): Promise<void> {
  for (const [index, node] of nodes.entries()) {
    const others = brokers.filter((_, other) => other !== index);
    await untilPartitions(others, 'all replicas are in sync', ({ isr, replicas }) => isr.length === replicas.length);
    await node.kill();
    await untilPartitions(others, `no replica of broker ${node.id} is in sync`, ({ isr }) => !isr.includes(node.id));
    await node.start();
  }
}

/** Waits until the cluster says so of every partition of every topic, internal ones included. A single broker has no others who could tell. */
async function untilPartitions(
  brokers: readonly string[],
  what: string,
  holds: (partition: PartitionMetadata) => boolean,
): Promise<void> {
  if (brokers.length === 0) return;
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    // While leaders are elected no answer is an answer too: nobody knows yet.
    const open = await partitionsOf(brokers).then(
      (partitions) => partitions.flatMap(([name, partition]) => (holds(partition) ? [] : [name])),
      (error: unknown) => [String(error)],
    );
    if (open.length === 0) return;
    if (performance.now() > deadline)
      throw new Error(`waited ${timeoutMs} ms: timed out until ${what}: ${open.slice(0, 5).join(', ')}`);
    await wait(100);
  }
}

/** With a client of its own each time: none remembers a broker that is gone. */
async function partitionsOf(brokers: readonly string[]): Promise<readonly (readonly [string, PartitionMetadata])[]> {
  const admin = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING, retry: { retries: 0 } }).admin();
  try {
    await admin.connect();
    const { topics } = await admin.fetchTopicMetadata();
    return topics.flatMap(({ name, partitions }) =>
      partitions.map((partition) => [`${name}/${partition.partitionId}`, partition] as const),
    );
  } finally {
    await admin.disconnect();
  }
}
