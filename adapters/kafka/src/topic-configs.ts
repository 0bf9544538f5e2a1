import type { TopicSettings } from '@isostream/core/adapter';
import type { ConfigEntry, Wire } from './client/wire.ts';

/** Of a record batch around one event; `max.message.bytes` counts it, `maxEventBytes` does not. */
const batchOverhead = 200;
const unlimited = '-1';

/** Kafka's settings for what is declared, and for nothing else: pure. */
export function toConfigs(settings: TopicSettings): Record<string, string> {
  const { retentionMs, retentionBytes, compaction, minInSync, maxEventBytes } = settings;
  // Kafka applies retention to a compacted topic only if it is told to delete as well.
  const isBounded = (retentionMs ?? Infinity) !== Infinity || retentionBytes !== undefined;
  return {
    ...(retentionMs === undefined ? {} : { 'retention.ms': limit(retentionMs) }),
    ...(retentionBytes === undefined ? {} : { 'retention.bytes': limit(retentionBytes) }),
    ...(compaction === undefined
      ? {}
      : { 'cleanup.policy': compaction ? (isBounded ? 'compact,delete' : 'compact') : 'delete' }),
    ...(minInSync === undefined ? {} : { 'min.insync.replicas': String(minInSync) }),
    ...(maxEventBytes === undefined ? {} : { 'max.message.bytes': String(maxEventBytes + batchOverhead) }),
  };
}

/**
 * Those of a new topic: the broker's clock stamps its events, unless their senders may. By a sender's clock, which can be
 * wrong, retention would remove events that have just been acknowledged.
 */
export function toNewConfigs(settings: TopicSettings): Record<string, string> {
  const stamp = settings.storedTime === 'sender' ? 'CreateTime' : 'LogAppendTime';
  return { ...toConfigs(settings), 'message.timestamp.type': stamp };
}

/** The reverse of {@link toConfigs}: pure. */
export function fromConfigs(configs: readonly ConfigEntry[]): TopicSettings {
  const values = new Map(configs.map(({ name, value }) => [name, value ?? '']));
  const bytes = Number(values.get('retention.bytes') ?? unlimited);
  return {
    retentionMs: unlimit(Number(values.get('retention.ms') ?? unlimited)),
    ...(bytes < 0 ? {} : { retentionBytes: bytes }),
    compaction: (values.get('cleanup.policy') ?? '').split(',').includes('compact'),
    minInSync: Number(values.get('min.insync.replicas') ?? 1),
    maxEventBytes: Number(values.get('max.message.bytes') ?? 0) - batchOverhead,
  };
}

/** Changes settings of a topic. What Kafka is given replaces all of the topic's own ones, so those go along. */
export async function changeConfigs(
  wire: Wire,
  topic: string,
  changes: Readonly<Record<string, string>>,
): Promise<void> {
  const own = (await wire.describeConfigs(topic)).filter((config) => config.isOwn);
  const present = Object.fromEntries(own.map(({ name, value }) => [name, value ?? '']));
  await wire.alterConfigs(topic, { ...present, ...changes });
}

function limit(value: number): string {
  return value === Infinity ? unlimited : String(Math.round(value));
}

function unlimit(value: number): number {
  return value < 0 ? Infinity : value;
}
