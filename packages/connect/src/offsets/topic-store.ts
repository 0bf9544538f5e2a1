import { defineTopic, type RawInput, StreamError, type Streams, type TopicStorage } from '@isostream/core';
import { offsetId, placeOf, placeText, type SourceOffset, type SourcePlace } from './place.ts';
import type { OffsetStore } from './store.ts';

export interface TopicOffsetsOptions {
  readonly topic: string;
  /** Of a topic that is made. Default 1. */
  readonly partitions?: number;
  /** Of a topic that is made, where the provider lets one choose; what the service has as its default if absent. */
  readonly replicationFactor?: number | undefined;
}

/** Where the provider does not compact, what is stored leaves with the topic's retention: so it is written again. */
const refreshMs = 3_600_000;

/**
 * Offsets in a topic, which is made if it is missing, with the keys and values that Kafka Connect's distributed workers write:
 * compacted where the provider can, else kept as long as the provider keeps anything. It is read from its start.
 */
export function topicOffsets(
  streams: Streams,
  { topic, partitions = 1, replicationFactor }: TopicOffsetsOptions,
): OffsetStore {
  const { admin, adapter } = streams;
  const { capabilities } = adapter;
  const raw = defineTopic(topic, { raw: true });
  const producer = streams.producer(raw);
  return {
    name: `the offset topic ${topic}`,
    ...(capabilities.compaction ? {} : { refreshMs }),
    async read(signal) {
      const there = await admin.describe(topic, { signal });
      if (there === undefined) {
        await admin.ensure(defineTopic(topic, { raw: true, partitions, ...storage() }), { signal });
        return [];
      }
      if (capabilities.compaction && there.compaction !== true)
        throw new StreamError(
          'topic-mismatch',
          `offset.storage.topic is ${topic}, which is not compacted: its retention would remove offsets. Set cleanup.policy=compact on it`,
          { where: 'connect' },
        );
      const found = new Map<string, SourceOffset>();
      await streams.replay(raw, { from: 'earliest' }).run(
        ({ key, value }) => {
          const place = keyOf(typeof key === 'string' ? key : '');
          if (place === undefined) return;
          const id = offsetId(place);
          const offset = value === null ? undefined : placeOf(parsed(Buffer.from(value).toString()));
          if (offset === undefined) found.delete(id);
          else found.set(id, { ...place, offset });
        },
        { signal },
      );
      return [...found.values()];
    },
    async write(offsets, signal) {
      const events = offsets.map(({ connector, partition, offset }): RawInput => ({
        key: `[${JSON.stringify(connector)},${placeText(partition)}]`,
        value: Buffer.from(JSON.stringify(offset)),
      }));
      for (const result of await producer.sendBatch(events, { signal })) if (!result.ok) throw result.error;
    },
    close: () => producer.close(),
  };

  function storage(): TopicStorage {
    const copies =
      replicationFactor !== undefined && replicationFactor > 0 && capabilities.replication
        ? { replication: { factor: replicationFactor } }
        : {};
    if (capabilities.compaction) return { compaction: true, ...copies };
    const { maxMs, mutable } = capabilities.retention;
    return mutable ? { retention: Number.isFinite(maxMs) ? maxMs : 'forever', ...copies } : copies;
  }
}

/** What Kafka Connect's keys are: the connector's name and a part of its source. */
function keyOf(key: string): { readonly connector: string; readonly partition: SourcePlace } | undefined {
  const json = parsed(key);
  if (!Array.isArray(json)) return undefined;
  const [connector, part] = json as readonly unknown[];
  const partition = placeOf(part);
  return typeof connector === 'string' && partition !== undefined ? { connector, partition } : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
