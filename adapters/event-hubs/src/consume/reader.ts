import {
  pause,
  type Gap,
  type Assignment,
  type Range,
  type ReadResult,
  type Room,
  type Source,
  type SourceListener,
  type StoredEvent,
  StreamError,
  untilAborted,
} from '@isostream/core/adapter';
import type { PartitionProperties } from '../answers.ts';
import type { Hubs } from '../hubs.ts';
import type { EventHubsSettings } from '../options.ts';
import { Wire } from '../wire/wire.ts';
import { Feed } from './feed.ts';
import { gapAt, type LookUp } from './gap.ts';
import { type FeedSettings, unlessPassing, waitMs } from './assignment.ts';
import { notShared, numberOf } from './look.ts';
import { after, beginning, fromNumber, fromTime } from './place.ts';

/** How often a range that brings nothing asks whether retention has removed the rest of it. */
const idleLooks = 4;

/** A bounded read without a group, and without an owner level: up to five may read a partition at once. */
export class EventHubsReader implements Source {
  readonly #range: Range;
  readonly #settings: EventHubsSettings;
  readonly #hubs: Hubs;

  constructor(range: Range, settings: EventHubsSettings, hubs: Hubs) {
    this.#range = range;
    this.#settings = settings;
    this.#hubs = hubs;
  }

  async run(listener: SourceListener, signal: AbortSignal): Promise<void> {
    const wire = new Wire(this.#settings);
    try {
      const assignments = await this.#untilFound(wire, signal);
      for (const assignment of assignments) listener.assigned(assignment);
      // It rejects only with the abort, which is looked at below.
      await untilAborted(Promise.all(assignments.map((assignment) => assignment.ended)), signal).catch(() => undefined);
      if (signal.aborted) await Promise.all(assignments.map((assignment) => listener.revoking(assignment)));
      for (const assignment of assignments) assignment.close();
    } finally {
      await wire.close();
    }
  }

  /** The range's bounds; again while the service is out of reach. Nothing once aborted. */
  async #untilFound(wire: Wire, signal: AbortSignal): Promise<RangeAssignment[]> {
    while (!signal.aborted) {
      try {
        return await this.#assignments(wire, signal);
      } catch (thrown) {
        const error = StreamError.from(thrown, 'event-hubs');
        if (signal.aborted) break;
        if (!error.retryable) throw error;
        await pause(200, signal);
      }
    }
    return [];
  }

  async #assignments(wire: Wire, signal: AbortSignal): Promise<RangeAssignment[]> {
    const { topic: hub, from, to } = this.#range;
    const isMap = !(typeof from === 'string' || from instanceof Date);
    const all = await this.#hubs.partitions(hub, signal);
    const partitions = isMap ? all.filter((partition) => from.has(partition)) : all;
    const { prefetchEvents, prefetchBytes, readerConsumerGroup } = this.#settings;
    const settings = {
      wire,
      hub,
      consumerGroup: readerConsumerGroup,
      reader: 'isostream-reader',
      prefetchEvents,
      prefetchBytes,
    };
    const lookUp: LookUp = (partition, when) => this.#hubs.partition(hub, partition, when);
    const before = to === 'now' ? Infinity : to.getTime();
    return Promise.all(
      partitions.map(async (partition) => {
        const now = await lookUp(partition, signal);
        const start = isMap ? numberOf(from.get(partition) ?? '0') : from;
        return new RangeAssignment({ settings, partition, bounds: boundsOf(start, now), before, lookUp });
      }),
    );
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

/** One partition of a range, which tells when its end was read. */
class RangeAssignment implements Assignment {
  readonly partition: string;
  readonly fencingToken = undefined;
  readonly ended: Promise<void>;
  readonly #parts: RangeParts;
  readonly #closed = new AbortController();
  #end: () => void = () => undefined;
  #feed: Feed | undefined;
  #isOver: boolean;
  #idle = 0;

  constructor(parts: RangeParts) {
    this.#parts = parts;
    this.partition = parts.partition;
    this.#isOver = parts.bounds.isEmpty;
    this.ended = new Promise((resolve) => (this.#end = resolve));
  }

  async read(room: Room, signal: AbortSignal): Promise<ReadResult> {
    if (this.#isOver) return this.#over();
    this.#feed ??= this.#open();
    const feed = this.#feed;
    if (feed.peek() === undefined) await feed.changed(waitMs, signal);
    if (signal.aborted) return [];
    const next = feed.peek();
    if (next === undefined) return this.#looked(signal);
    this.#idle = 0;
    if (next.kind === 'jump') {
      const gap = await gapAt(next, this.partition, this.#parts.lookUp, signal).catch(unlessPassing);
      if (gap !== 'later') feed.shift();
      return gap === 'later' || gap === undefined ? [] : gap;
    }
    const events = this.#take(feed, room);
    feed.topUp();
    return events.length === 0 && this.#isOver ? this.#over() : events;
  }

  async commit(): Promise<void> {}

  async settle(): Promise<void> {
    throw new StreamError('internal', 'positions are committed, not single events', { where: 'event-hubs' });
  }

  close(): void {
    this.#closed.abort();
    this.#feed?.close();
  }

  #over(): 'end' {
    this.close();
    this.#end();
    return 'end';
  }

  #take(feed: Feed, room: Room): StoredEvent[] {
    const { bounds, before } = this.#parts;
    const events: StoredEvent[] = [];
    for (let next = feed.peek(); next?.kind === 'event' && !this.#isOver; next = feed.peek()) {
      const { event, sequenceNumber } = next;
      if (sequenceNumber < bounds.end && event.timestamp < before) {
        if (!room.take(event)) break;
        events.push(event);
      }
      feed.shift();
      this.#isOver = sequenceNumber + 1 >= bounds.end;
    }
    return events;
  }

  /** Nothing comes: retention may have removed what was left of the range. */
  async #looked(signal: AbortSignal): Promise<readonly StoredEvent[] | Gap> {
    const { bounds, lookUp } = this.#parts;
    this.#idle = (this.#idle + 1) % idleLooks;
    if (this.#idle !== 0) return [];
    const now = await lookUp(this.partition, signal).catch(() => undefined);
    if (now === undefined || (!now.isEmpty && now.beginningSequenceNumber < bounds.end)) return [];
    this.#isOver = true;
    const from = this.#feed?.expected;
    if (from === undefined || from >= bounds.end) return [];
    return { gap: true, from: String(from), to: String(bounds.end), missing: bounds.end - from };
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
