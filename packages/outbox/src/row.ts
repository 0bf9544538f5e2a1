/** One event as it lies in the outbox: all that a relay needs to send it. */
export interface OutboxRow {
  /** The event's own id, which stays the same however often the event is sent. */
  readonly id: string;
  readonly topic: string;
  /** What keeps order; `null` for an event without a key. */
  readonly key: string | null;
  /** Which share of the outbox it belongs to; the same for all events of one key. */
  readonly shard: number;
  /** The event as `send` takes it, as JSON. */
  readonly event: string;
}

/** A row that was read: `seq` is its place, in the order of writing. */
export interface StoredRow extends OutboxRow {
  readonly seq: string;
}

/** Shares that relays divide among themselves. Fixed: rows keep the number that they were written with. */
const shardCount = 16;

export const shardNames: readonly string[] = Array.from({ length: shardCount }, (_, shard) => String(shard));

/** FNV-1a over UTF-16 units: stable between versions, because rows of both lie in one table. */
export function shardOf(topic: string, keyOrId: string): number {
  let hash = 0x811c9dc5;
  for (const text of [topic, '/', keyOrId])
    for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return (hash >>> 0) % shardCount;
}
