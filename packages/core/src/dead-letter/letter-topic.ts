import type { Capabilities } from '../contract/capabilities.ts';
import { StreamError } from '../errors/stream-error.ts';
import { defineTopic, type Topic } from '../model/define-topic.ts';
import { toBytes } from '../time/units.ts';

/** Two weeks: long enough for a repair after a holiday. */
const retentionMs = 14 * 86_400_000;
/** What Kinesis takes; all others take more. */
const maxNameLength = 128;
/** What a letter tells besides the event, in headers that are bounded one by one. */
const contextBytes = 16_384;
/** Of a topic that declares nothing: what providers take by default. */
const defaultEventBytes = 1_048_576;

/** Where a group's dead letters of a topic go. */
export function deadLetterName(topic: string, group: string): string {
  return `${topic}.${group}.dlq`;
}

/** The dead-letter topic as it is created: as many partitions as its origin, so that keys keep their order there. Throws `invalid-config` if its name is too long. */
export function deadLetterTopic(topic: Topic, group: string, capabilities: Capabilities): Topic {
  const { minMs, maxMs, mutable } = capabilities.retention;
  const name = deadLetterName(topic.name, group);
  if (name.length > maxNameLength) {
    const message = `dead-letter topic "${name}" has ${name.length} characters, at most ${maxNameLength} are portable. Use a shorter name for the group`;
    throw new StreamError('invalid-config', message, { where: 'consumer' });
  }
  const letters = defineTopic(topic.name, {
    raw: true,
    ...(topic.partitions === undefined ? {} : { partitions: topic.partitions }),
    ...(topic.replication === undefined || !capabilities.replication ? {} : { replication: topic.replication }),
    maxEventBytes: Math.min(
      capabilities.maxEventBytes,
      roomFor(toBytes(topic.maxEventBytes ?? defaultEventBytes, 'maxEventBytes'), capabilities),
    ),
    ...(mutable ? { retention: Math.max(minMs, Math.min(maxMs, retentionMs)) } : {}),
  });
  // Whoever looks for letters of a time means when they were written.
  return Object.freeze({ ...letters, name, storedTime: 'service' });
}

/** An event as large as its topic takes must find room, with its context, and as base64 where it has to be wrapped. */
function roomFor(bytes: number, { headers }: Capabilities): number {
  if (headers !== 'none') return bytes + contextBytes;
  // Whole kibibytes: a provider that counts in them would read back another limit than was declared.
  return Math.ceil((bytes * 4) / 3 / 1_024) * 1_024 + contextBytes;
}
