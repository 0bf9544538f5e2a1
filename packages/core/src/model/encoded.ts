import type { StreamError } from '../errors/stream-error.ts';

/**
 * An event's key: events of one topic with equal keys keep their order.
 * Text in every normal case; bytes only where a foreign producer wrote a key that is not UTF-8; `null` claims no order.
 */
export type Key = string | Uint8Array | null;

/** One header as it travels: names may repeat, values are text or, on foreign events, bytes. */
export type Header = readonly [name: string, value: string | Uint8Array];

/**
 * A place in one partition, as the provider names it (an offset, a sequence number). Opaque: core never compares two of them.
 * Text, so that it can be put in a header, a log line or a command.
 */
export type Position = string;

/** An event in the form that travels: what a {@link Sink} writes and a {@link Cursor} reads. */
export interface EncodedEvent {
  readonly key: Key;
  /** The payload; `null` is a tombstone. */
  readonly value: Uint8Array | null;
  readonly headers: readonly Header[];
  /**
   * When it counts as stored, in milliseconds since the epoch, where its sender sets that on purpose (capability
   * `storedTime`): retention and starts at a time go by it. Absent on all other events: the time of storing counts.
   */
  readonly timestamp?: number;
}

/** An event as a provider stored it. */
export interface StoredEvent extends EncodedEvent {
  /** The partition's name; on a provider without partitions, one constant name a topic. */
  readonly partition: string;
  readonly position: Position;
  /** When it was stored, in milliseconds since the epoch, by the service's clock or as its sender set it: what retention and starts at a time go by. */
  readonly timestamp: number;
  /** How often this event was handed out before, where the provider counts it across members; else absent. */
  readonly deliveries?: number;
  /**
   * Set where the adapter could not read what is stored here, be it one event or several that are stored as one: why, with
   * code `undecodable`. No handler is called; it is treated as an event that no codec can read. `value` holds the bytes as
   * they are stored, and `position` is that of the last event in them: once it is settled, all of them are passed.
   */
  readonly unreadable?: StreamError;
  /** The provider's own object for this event, for `context.native`. */
  readonly native?: unknown;
}

/** Bytes that count against budgets and limits: key, payload and headers, without the provider's framing. */
export function sizeOf(event: EncodedEvent): number {
  let bytes = textOrBytes(event.key) + (event.value?.byteLength ?? 0);
  for (const [name, value] of event.headers) bytes += name.length + textOrBytes(value);
  return bytes;
}

function textOrBytes(part: string | Uint8Array | null): number {
  if (part === null) return 0;
  return typeof part === 'string' ? Buffer.byteLength(part) : part.byteLength;
}
