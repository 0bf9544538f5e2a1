import { createHash } from 'node:crypto';
import type { Capabilities } from '../contract/capabilities.ts';
import { StreamError } from '../errors/stream-error.ts';
import { defineTopic, type Topic } from '../model/define-topic.ts';
import { toBytes } from '../units/units.ts';

/** Two weeks: long enough for a fix after a holiday. */
const retentionMs = 14 * 86_400_000;
/** What Kinesis takes; all others take more. */
const maxNameLength = 128;
/** What a letter tells besides the event, in headers that are bounded one by one. */
const contextBytes = 16_384;
/** Of a topic that declares nothing: what providers take by default. */
const defaultEventBytes = 1_048_576;

/** What every provider takes in the name of a topic; groups of other clients may be called otherwise. */
const portableGroup = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

/**
 * Where a group's dead letters of a topic go: `<topic>.<group>.dlq`. Of a group or a topic of others that no provider could
 * have so in one name, the part that can stand there, and a digest that tells it from others.
 */
export function deadLetterName(topic: string, group: string): string {
  const origin = topic.length <= maxOriginLength ? topic : withDigest(topic, topic, 80);
  const isLong = origin !== topic && origin.length + group.length + suffix.length >= maxNameLength;
  if (portableGroup.test(group) && !isLong) return `${origin}.${group}${suffix}`;
  const room = Math.max(12, maxNameLength - origin.length - suffix.length - digestLength - 2);
  return `${origin}.${withDigest(group.replaceAll(/[^A-Za-z0-9._-]+/g, '-'), group, Math.min(60, room))}${suffix}`;
}

/** The longest portable name of a topic. */
const maxOriginLength = 100;

const suffix = '.dlq';
const digestLength = 10;

function withDigest(text: string, of: string, length: number): string {
  return `${text.slice(0, length)}-${createHash('sha256').update(of).digest('hex').slice(0, digestLength)}`;
}

/** The dead-letter topic as it is created: as many partitions as its origin, so that keys keep their order there. Throws `invalid-config` if its name is too long. */
export function deadLetterTopic(topic: Topic, group: string, capabilities: Capabilities): Topic {
  const { minMs, maxMs, mutable } = capabilities.retention;
  const name = deadLetterName(topic.name, group);
  if (name.length > maxNameLength) {
    const message = `dead-letter topic "${name}" has ${name.length} characters, at most ${maxNameLength} are portable. Use a shorter name for the group`;
    throw new StreamError('invalid-config', message, { where: 'consumer' });
  }
  const letters = defineTopic('letters', {
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

/** Prepares it. Where nothing larger can be stored than in the topic itself its letters have to do with that: one that does not fit blocks its key. */
export async function prepareLetters(letters: Topic, prepare: (topic: Topic) => Promise<unknown>): Promise<void> {
  try {
    await prepare(letters);
  } catch (error) {
    if (!StreamError.is(error) || error.code !== 'unsupported') throw error;
    const { maxEventBytes: _, ...rest } = letters;
    await prepare(rest);
  }
}

/** An event as large as its topic takes must find room, with its context, and as base64 where it has to be wrapped. */
function roomFor(bytes: number, { headers }: Capabilities): number {
  if (headers !== 'none') return bytes + contextBytes;
  // Whole kibibytes: a provider that counts in them would read back another limit than was declared.
  return Math.ceil((bytes * 4) / 3 / 1_024) * 1_024 + contextBytes;
}
