import type { EventCodec } from '../codec/codec.ts';
import { createEventCodec } from '../codec/create-codec.ts';
import type { Adapter } from '../contract/adapter.ts';
import { deadLetterName } from '../dead-letter/letter-topic.ts';
import { digest, letterId, openLetter, openMarker, type OpenedLetter } from '../dead-letter/letter.ts';
import { StreamError } from '../errors/stream-error.ts';
import type { Topic } from '../model/define-topic.ts';
import type { EncodedEvent, Header, StoredEvent } from '../model/encoded.ts';
import { bounded } from '../time/bounded.ts';
import { systemClock } from '../time/clock.ts';
import { readRange } from './read-range.ts';
import type { DeadLetter, RawContent } from './types.ts';

/** For a schema that asks somebody else. */
const schemaMs = 30_000;

/** A letter, and where it lies. */
export interface FoundLetter {
  readonly stored: StoredEvent;
  readonly opened: OpenedLetter;
  readonly letter: DeadLetter;
}

/**
 * Letters that nobody sent again yet, in order within each partition.
 * Two passes over the same topic: a marker lies behind its letter, so all markers are read first.
 */
export async function* unresolvedLetters(
  adapter: Adapter,
  topic: Topic,
  group: string,
  signal?: AbortSignal,
): AsyncIterable<FoundLetter> {
  const { capabilities } = adapter;
  if (!capabilities.replay)
    throw new StreamError('unsupported', 'dead letters cannot be read without a group', { where: adapter.name });
  const range = { topic: deadLetterName(topic.name, group), from: 'earliest', to: 'now' } as const;
  const redrives = new Map<string, number>();
  for await (const stored of readRange(adapter, range, signal)) {
    const marker = openMarker(stored);
    if (marker !== undefined) redrives.set(`${marker.letter} ${marker.digest}`, marker.redrives);
  }
  const codec =
    topic.events === undefined
      ? undefined
      : createEventCodec(topic, { capabilities, source: 'isostream', clock: systemClock });
  for await (const stored of readRange(adapter, range, signal)) {
    const opened = openLetter(stored);
    if (opened === undefined || opened.origin.topic !== topic.name || opened.group !== group) continue;
    const { original, redrivenFrom, ...rest } = opened;
    const isEvent = rest.unreadableBytes === undefined;
    // A letter is sent back, and its event was, if a marker says so of this very event: places alone could be made up.
    const content = digest(original);
    if (redrives.has(`${letterId(stored)} ${content}`)) continue;
    // A letter whose schema does not answer is listed without its event, as one that cannot be read.
    const decoded =
      codec === undefined || !isEvent
        ? undefined
        : await bounded(
            'the schema of the topic',
            async () => codec.decode({ ...stored, ...original }),
            schemaMs,
          ).catch(() => undefined);
    const { key } = original;
    const letter: DeadLetter = {
      ...rest,
      id: letterId(stored),
      redrives: (redrivenFrom === undefined ? undefined : redrives.get(`${redrivenFrom} ${content}`)) ?? 0,
      ...told(isEvent ? codec : undefined, { ...stored, ...original }),
      event: decoded?.ok === true ? decoded.event : undefined,
      original: copyOf(original),
      key: key === null || typeof key === 'string' ? key : Buffer.from(key).toString('base64'),
    };
    yield { stored, opened, letter };
  }
}

/** What a filter or an edit changes in a letter must not change what its marker names. */
function copyOf({ key, value, headers }: EncodedEvent): RawContent {
  return {
    key: key === null || typeof key === 'string' ? key : bytesOf(key),
    value: value === null ? null : bytesOf(value),
    headers: headers.map(([name, header]): Header => [name, typeof header === 'string' ? header : bytesOf(header)]),
  };
}

function bytesOf(bytes: Uint8Array): Uint8Array {
  return Uint8Array.prototype.slice.call(bytes);
}

/** What its event says of itself, also where its type is not declared or its data cannot be read. */
function told(codec: EventCodec | undefined, original: StoredEvent): Pick<DeadLetter, 'eventId' | 'eventType'> {
  const name = codec?.name(original);
  return { eventId: name?.id, eventType: name?.type };
}
