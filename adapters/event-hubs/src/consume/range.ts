import type { OpenRange, EventPage, Range, RangeCursor } from '@isostream/core/adapter';
import type { PartitionProperties } from '../answers.ts';
import type { Hubs } from '../hubs.ts';
import type { EventHubsSettings } from '../settings.ts';
import { Wire } from '../client/wire.ts';
import { Feed } from './feed.ts';
import { gapAt, type LookUp } from './gap.ts';
import { type FeedSettings, unlessPassing, waitMs } from './assignment.ts';
import { notShared, numberOf } from './look.ts';
import { after, beginning, fromNumber, fromTime } from '../position.ts';

/** How often a range that brings nothing asks whether retention has removed the rest of it. */
const idleLooks = 4;

/** A bounded read without a group, and without an owner level: up to five may read a partition at once. */
export async function openRange(
  { topic: hub, from, to }: Range,
  eventHubs: EventHubsSettings,
  hubs: Hubs,
  signal: AbortSignal,
): Promise<OpenRange> {
  const wire = new Wire(eventHubs);
  try {
    const isMap = !(typeof from === 'string' || from instanceof Date);
    const all = await hubs.partitions(hub, signal);
    const partitions = isMap ? all.filter((partition) => from.has(partition)) : all;
    const { prefetchEvents, prefetchBytes, readerConsumerGroup: consumerGroup } = eventHubs;
    const settings = { wire, hub, consumerGroup, reader: 'isostream-reader', prefetchEvents, prefetchBytes };
    const lookUp: LookUp = (partition, when) => hubs.partition(hub, partition, when);
    const before = to === 'now' ? Infinity : to.getTime();
    const cursors = await Promise.all(
      partitions.map(async (partition) => {
        const now = await lookUp(partition, signal);
        const start = isMap ? numberOf(from.get(partition) ?? '0') : from;
        return new FeedCursor({ settings, partition, bounds: boundsOf(start, now), before, lookUp });
      }),
    );
    return {
      cursors,
      async close() {
        for (const cursor of cursors) cursor.close();
        await wire.close();
      },
    };
  } catch (thrown) {
    await wire.close();
    throw thrown;
  }
}

interface Bounds {
  readonly filter: string;
  /** Number of the first event, where it is known. */
  readonly expected: number | undefined;
  /** Number behind the last event. */
  readonly end: number;
  readonly isEmpty: boolean;
}

function boundsOf(start: 'earliest' | 'latest' | Date | number, now: PartitionProperties): Bounds {
  const end = now.lastEnqueuedSequenceNumber + 1;
  const none = { filter: '', expected: undefined, end, isEmpty: true };
  if (start === 'latest' || now.isEmpty) return none;
  if (start === 'earliest') return { filter: after(beginning), expected: undefined, end, isEmpty: false };
  if (start instanceof Date)
    return now.lastEnqueuedOn < start ? none : { filter: fromTime(start), expected: undefined, end, isEmpty: false };
  return start >= end ? none : { filter: fromNumber(start), expected: start, end, isEmpty: false };
}

interface RangeParts {
  readonly settings: FeedSettings;
  readonly partition: string;
  readonly bounds: Bounds;
  /** Events at or after this time are not of the range. */
  readonly before: number;
  readonly lookUp: LookUp;
}

/** One partition of a range. */
class FeedCursor implements RangeCursor {
  readonly partition: string;
  readonly #parts: RangeParts;
  #feed: Feed | undefined;
  #isOver: boolean;
  #idle = 0;

  constructor(parts: RangeParts) {
    this.#parts = parts;
    this.partition = parts.partition;
    this.#isOver = parts.bounds.isEmpty;
  }

  async read(page: EventPage, signal: AbortSignal): Promise<void> {
    if (this.#isOver) {
      this.#end(page);
      return;
    }
    this.#feed ??= this.#open();
    const feed = this.#feed;
    if (feed.peek() === undefined) await feed.changed(waitMs, signal);
    if (signal.aborted) return;
    const next = feed.peek();
    if (next === undefined) return this.#look(page, signal);
    this.#idle = 0;
    if (next.kind === 'jump') {
      const gap = await gapAt(next, this.partition, this.#parts.lookUp, signal).catch(unlessPassing);
      if (gap === 'later') return;
      feed.shift();
      if (gap !== undefined) page.gap(gap);
      return;
    }
    this.#hand(feed, page);
    feed.topUp();
    if (this.#isOver) this.#end(page);
  }

  close(): void {
    this.#feed?.close();
  }

  #end(page: EventPage): void {
    this.close();
    page.end();
  }

  #hand(feed: Feed, page: EventPage): void {
    const { bounds, before } = this.#parts;
    for (let next = feed.peek(); next?.kind === 'event' && !this.#isOver; next = feed.peek()) {
      const { event, sequenceNumber } = next;
      const isMeant = sequenceNumber < bounds.end && event.timestamp < before;
      if (isMeant && !page.add(event)) return;
      feed.shift();
      this.#isOver = sequenceNumber + 1 >= bounds.end;
    }
  }

  /** Nothing comes: retention may have removed what was left of the range. */
  async #look(page: EventPage, signal: AbortSignal): Promise<void> {
    const { bounds, lookUp } = this.#parts;
    this.#idle = (this.#idle + 1) % idleLooks;
    if (this.#idle !== 0) return;
    const now = await lookUp(this.partition, signal).catch(() => undefined);
    if (now === undefined || (!now.isEmpty && now.beginningSequenceNumber < bounds.end)) return;
    this.#isOver = true;
    const from = this.#feed?.expected;
    if (from === undefined || from >= bounds.end) return;
    page.gap({ from: String(from), to: String(bounds.end), missing: bounds.end - from });
  }

  #open(): Feed {
    const { settings, partition, bounds } = this.#parts;
    return new Feed({
      ...settings,
      partition,
      ownerLevel: undefined,
      filter: bounds.filter,
      expected: bounds.expected,
      async stolen(error) {
        throw notShared(settings.consumerGroup, error);
      },
      unknownOffset: async (expected) => ({ filter: fromNumber(expected ?? 0), expected }),
    });
  }
}
