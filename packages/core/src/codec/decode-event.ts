import type { Topic } from '../model/define-topic.ts';
import type { Header, Key } from '../model/encoded.ts';
import { systemClock } from '../time/clock.ts';
import type { Codec } from './codec.ts';
import { createCodec } from './create-codec.ts';

/** A record as a service stores it, from whatever read it: the trigger of a cloud function, another client, a file. */
export interface StoredRecord {
  /** The bytes of the record; `null` where it has none, as a tombstone. */
  readonly value: Uint8Array | null;
  /** The key, where it travels beside the bytes. Left out, it is what the bytes say of it, or null. */
  readonly key?: Key;
  /** The headers, or properties, where the service has any: as pairs, or by name. Default none. */
  readonly headers?: readonly Header[] | Readonly<Record<string, string | Uint8Array>>;
  /** When the record was stored, in milliseconds since the epoch: the time of events that name none. Default 0. */
  readonly timestamp?: number;
  /** Where it is stored, as the service names it. Events whose format has no id, and foreign tombstones, are named by it. */
  readonly partition?: string;
  /** As `partition`: the offset or sequence number. */
  readonly position?: string;
}

/** Topics are declared once, and a function is called often. */
const codecs = new WeakMap<Topic, Codec<never, unknown>>();

/**
 * The event in a record that isostream wrote, or anybody else as a CloudEvent or in the topic's format; for programs that read
 * without an adapter. It is checked by the topic's schemas, as consumers do. Rejects with `undecodable`, `schema-violation` or
 * what else a consumer would dead-letter it for.
 */
export async function decodeEvent<Input, Output>(topic: Topic<Input, Output>, record: StoredRecord): Promise<Output> {
  const { value, key, headers = [], timestamp = 0, partition = '', position = '' } = record;
  const pairs: readonly Header[] = isList(headers) ? headers : Object.entries(headers);
  const stored = { key: key ?? null, value, headers: pairs, timestamp, partition, position };
  const decoded = await codecOf(topic).decode(stored);
  if (!decoded.ok) throw decoded.error;
  return key === undefined ? withOwnKey(decoded.event) : decoded.event;
}

function codecOf<Input, Output>(topic: Topic<Input, Output>): Codec<Input, Output> {
  const known = codecs.get(topic);
  // What has headers is read by them, and what has none may be in a wrapper: so both are read without knowing the service.
  const codec =
    known ??
    createCodec<Input, Output>(topic, {
      capabilities: { headers: 'none', cloudEvents: null, storedTime: 'service' },
      source: '',
      clock: systemClock,
    });
  codecs.set(topic, codec);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it was made of this topic
  return codec as Codec<Input, Output>;
}

/** Structured events repeat their key, for readers that have nothing but the bytes. */
function withOwnKey<Event>(event: Event): Event {
  if (typeof event !== 'object' || event === null || !('key' in event) || event.key !== null) return event;
  const extensions: unknown = 'extensions' in event ? event.extensions : undefined;
  if (typeof extensions !== 'object' || extensions === null || !('partitionkey' in extensions)) return event;
  const { partitionkey: key, ...others } = extensions;
  return { ...event, key, extensions: others };
}

/** `Array.isArray` does not know of lists that cannot be changed. */
function isList(headers: NonNullable<StoredRecord['headers']>): headers is readonly Header[] {
  return Array.isArray(headers);
}
