import type { Capabilities } from '../contract/capabilities.ts';
import { defineTopic, type Topic } from '../model/define-topic.ts';

/** Two weeks: long enough for a repair after a holiday. */
const retentionMs = 14 * 86_400_000;

/** Where a group's dead letters of a topic go. */
export function deadLetterName(topic: string, group: string): string {
  return `${topic}.${group}.dlq`;
}

/** The dead-letter topic as it is created: as many partitions as its origin, so that keys keep their order there. */
export function deadLetterTopic(topic: Topic, group: string, capabilities: Capabilities): Topic {
  const { minMs, maxMs, mutable } = capabilities.retention;
  return defineTopic(deadLetterName(topic.name, group), {
    raw: true,
    ...(topic.partitions === undefined ? {} : { partitions: topic.partitions }),
    ...(topic.replication === undefined || !capabilities.replication ? {} : { replication: topic.replication }),
    ...(mutable ? { retention: Math.max(minMs, Math.min(maxMs, retentionMs)) } : {}),
  });
}
