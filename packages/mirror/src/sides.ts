import { createHash } from 'node:crypto';
import {
  defineTopic,
  type Position,
  type RawEvent,
  type RawInput,
  StreamError,
  type Streams,
  type Topic,
} from '@isostream/core';
import { keyId } from '@isostream/core/adapter';
import { contentOf, originOf, pathOf, type Place, placeText, type SideNames } from './copy.ts';

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
  /** The name of the side that wrote it first: `from` and `to` where sides have no names. */
  readonly writtenOn: string;
  /** The name of the side that it was copied from, where it is a copy and sides have names. */
  readonly via: string | undefined;
  /** Whether it is a copy that has been on the other side, by the names of its path. */
  readonly hasBeenThere: boolean;
}

/** The topic as both sides hold it, whatever its schemas. */
export function rawTopic(name: string): Topic<RawInput, RawEvent> {
  return defineTopic(name, { raw: true });
}

/** What a side is called in identities and places. */
export function nameOf(side: 'from' | 'to', names: SideNames | undefined): string {
  return names?.[side] ?? side;
}

/** A place as the sightings of both sides have it. */
export function placeOn(side: string, place: Place): string {
  return `${side}:${placeText(place)}`;
}

/** Reads one side from a start to its end now, in the order of each partition. */
export async function readSide(
  streams: Streams,
  topic: string,
  side: 'from' | 'to',
  start: 'earliest' | ReadonlyMap<string, Position>,
  names: SideNames | undefined,
  signal: AbortSignal | undefined,
): Promise<Sighting[]> {
  const seen: Sighting[] = [];
  const own = nameOf(side, names);
  const other = nameOf(side === 'from' ? 'to' : 'from', names);
  const { capabilities } = streams.adapter;
  // Without partitions a replay can be given an event again, and keeps the order of each key.
  const ordering = capabilities.settlement === 'watermark' ? 'partition' : 'key';
  const replay = streams.replay(rawTopic(topic), { from: start, ordering, concurrency: 64 });
  const places = new Set<string>();
  await replay.run(
    (event, { partition, position }) => {
      const origin = originOf(event);
      const place = placeOn(own, { partition, position });
      if (ordering === 'key' && places.has(place)) return;
      places.add(place);
      const path = names === undefined ? [] : pathOf(event);
      const [first] = path;
      // Where it was written first says what it is, however often it was copied since.
      const root = first?.name === undefined ? undefined : `${first.name}:${first.place}`;
      seen.push({
        identity: root ?? (origin === undefined ? place : `${other}:${origin}`),
        place,
        key: event.key === null ? undefined : keyId(event.key),
        partition,
        position,
        content: createHash('sha256').update(contentOf(event, capabilities)).digest('base64url'),
        writtenOn: first?.name ?? (origin === undefined ? own : other),
        via: path.at(-1)?.name,
        hasBeenThere: path.some(({ name }) => name === other),
      });
    },
    signal === undefined ? {} : { signal },
  );
  return seen;
}

/** Throws `invalid-config` where copies were made under other names: nothing would be recognised, and a group would be placed behind all of it. */
export function checkNames(names: SideNames | undefined, from: readonly Sighting[], to: readonly Sighting[]): void {
  if (names === undefined) return;
  const [stranger] = to.flatMap(({ via }) => via ?? []);
  const isKnown = to.some(({ via }) => via === names.from) || from.some(({ via }) => via === names.to);
  if (stranger === undefined || isKnown) return;
  const message = `copies say that they came from "${stranger}", and that side is called "${names.from}" here. Give the names, or the address, that the mirror was given`;
  throw new StreamError('invalid-config', message, { where: 'mirror' });
}
