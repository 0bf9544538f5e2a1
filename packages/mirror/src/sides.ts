import { createHash } from 'node:crypto';
import { defineTopic, type Position, type RawEvent, type RawInput, type Streams, type Topic } from '@isostream/core';
import { keyId } from '@isostream/core/adapter';
import { contentOf, originOf, placeText } from './copy.ts';

/** One event of one side, by what it is on both. */
export interface Sighting {
  /** The same for an event and its copy, whichever side wrote it. */
  readonly identity: string;
  /** Its own place: what a copy of it names, also where it is a copy itself. */
  readonly place: string;
  /** `undefined` for an event without a key, which has no order. */
  readonly key: string | undefined;
  readonly partition: string;
  readonly position: Position;
  /** A hash of key, payload and headers. */
  readonly content: string;
}

/** The topic as both sides hold it, whatever its schemas. */
export function rawTopic(name: string): Topic<RawInput, RawEvent> {
  return defineTopic(name, { raw: true });
}

/** Reads one side from a start to its end now, in the order of each partition. */
export async function readSide(
  streams: Streams,
  topic: string,
  side: 'from' | 'to',
  start: 'earliest' | ReadonlyMap<string, Position>,
  signal: AbortSignal | undefined,
): Promise<Sighting[]> {
  const seen: Sighting[] = [];
  const other = side === 'from' ? 'to' : 'from';
  const { capabilities } = streams.adapter;
  // Without partitions a replay can be given an event again, and keeps the order of each key.
  const ordering = capabilities.settlement === 'watermark' ? 'partition' : 'key';
  const replay = streams.replay(rawTopic(topic), { from: start, ordering, concurrency: 64 });
  const places = new Set<string>();
  await replay.run(
    (event, { partition, position }) => {
      const origin = originOf(event);
      const place = `${side}:${placeText({ partition, position })}`;
      if (ordering === 'key' && places.has(place)) return;
      places.add(place);
      seen.push({
        identity: origin === undefined ? place : `${other}:${origin}`,
        place,
        key: event.key === null ? undefined : keyId(event.key),
        partition,
        position,
        content: createHash('sha256').update(contentOf(event, capabilities)).digest('base64url'),
      });
    },
    signal === undefined ? {} : { signal },
  );
  return seen;
}
