import { type WatermarkAssignment, type Mark, type EventPage, StreamError } from '@isostream/core/adapter';
import type { HeldLease } from '@isostream/coordination';
import { Feed, type FeedOptions, type Ready } from './feed.ts';
import { gapAt, gapBefore, type LookUp } from './gap.ts';
import type { Rivals } from './rivals.ts';
import { after, beginning, behind, fromNumber, fromPosition, type Place, toPosition } from '../position.ts';

export const waitMs = 250;

export type FeedSettings = Pick<
  FeedOptions,
  'wire' | 'hub' | 'consumerGroup' | 'reader' | 'prefetchEvents' | 'prefetchBytes'
>;

/** A lost lease is told by who manages the leases; a store that is away is asked again. */
function unlessLost(thrown: unknown): void {
  const error = StreamError.from(thrown, 'event-hubs');
  if (!error.retryable && error.code !== 'lease-lost') throw error;
}

/** The service is out of reach: asked again at the next read. */
export function unlessPassing(thrown: unknown): 'later' {
  const error = StreamError.from(thrown, 'event-hubs');
  if (!error.retryable && error.code !== 'aborted') throw error;
  return 'later';
}

/** One partition, while a lease of it is held. */
export class EventHubsAssignment implements WatermarkAssignment {
  readonly partition: string;
  readonly fencingToken: string;
  readonly #held: HeldLease;
  readonly #lookUp: LookUp;
  readonly #settings: FeedSettings;
  readonly #rivals: Rivals;
  readonly #start: Place;
  #feed: Feed | undefined;
  /** Offsets of what was handed over and not committed, in stored order: commits name events by their numbers. */
  readonly #places: { readonly sequenceNumber: number; readonly offset: string }[] = [];
  /** Whether nothing tells that events are missing in front of the first one: another client's checkpoint had no number. */
  #isUncounted: boolean;
  /** The newest position that this assignment was asked to store. */
  #position: string;

  constructor(held: HeldLease, settings: FeedSettings, rivals: Rivals, lookUp: LookUp) {
    const start = fromPosition(held.position);
    if (start === undefined)
      throw new StreamError('internal', `position ${JSON.stringify(held.position)} of a lease is not ours`, {
        where: 'event-hubs',
      });
    this.partition = held.partition;
    this.fencingToken = String(held.token);
    this.#held = held;
    this.#settings = settings;
    this.#rivals = rivals;
    this.#lookUp = lookUp;
    this.#start = start;
    this.#isUncounted = start.sequenceNumber === undefined;
    this.#position = held.position;
    held.signal.addEventListener('abort', () => this.#feed?.close(), { once: true });
  }

  get isHeld(): boolean {
    return this.#held.isHeld;
  }

  async read(page: EventPage, signal: AbortSignal): Promise<void> {
    this.#feed ??= this.#open();
    const feed = this.#feed;
    if ((await this.#peek(feed, signal)) === undefined) await feed.changed(waitMs, signal);
    if (signal.aborted) return;
    const next = await this.#peek(feed, signal);
    if (next?.kind === 'jump') {
      const gap = await gapAt(next, this.partition, this.#lookUp, signal).catch(unlessPassing);
      if (gap === 'later') return;
      feed.shift();
      if (gap !== undefined) page.gap(gap);
      return;
    }
    if (next !== undefined && this.#isUncounted) {
      const gap = await gapBefore(next.sequenceNumber, this.partition, this.#lookUp, signal).catch(unlessPassing);
      if (gap === 'later' || signal.aborted) return;
      this.#isUncounted = false;
      if (gap !== undefined) {
        page.gap(gap);
        return;
      }
    }
    this.#hand(feed, page);
    feed.topUp();
  }

  async commit({ position }: Mark): Promise<void> {
    const sequenceNumber = Number(position);
    let count = 0;
    while ((this.#places[count]?.sequenceNumber ?? Infinity) <= sequenceNumber) count++;
    // In one go: taking them off one by one takes seconds where a commit is of tens of thousands.
    const place: Place | undefined = this.#places.splice(0, count).at(-1);
    // None at a second attempt: then the first one's is still the newest.
    if (place !== undefined) this.#position = toPosition(place);
    await this.#held.commit(this.#position);
  }

  #open(): Feed {
    const { sequenceNumber } = this.#start;
    const { signal } = this.#held;
    return new Feed({
      ...this.#settings,
      partition: this.partition,
      ownerLevel: this.#held.token,
      filter: behind(this.#start),
      expected: sequenceNumber === undefined ? undefined : sequenceNumber + 1,
      stolen: (error) => this.#stolen(error),
      unknownOffset: async (expected) => {
        const found = await this.#lookUp(this.partition, signal);
        if (expected !== undefined && found.lastEnqueuedSequenceNumber + 1 >= expected)
          return { filter: fromNumber(expected), expected };
        return { filter: after(beginning), expected: found.isEmpty ? 0 : found.beginningSequenceNumber };
      },
    });
  }

  /** The same position again says whether the lease is still ours. If it is, whoever took the partition is not a member. */
  async #stolen(error: StreamError): Promise<void> {
    try {
      await this.#held.commit(this.#position);
    } catch (thrown) {
      unlessLost(thrown);
      return;
    }
    this.#held.abandon(this.#rivals.took(this.partition, error));
  }

  /** The service has one word for a hub and a consumer group that it does not know. */
  async #peek(feed: Feed, signal: AbortSignal): Promise<Ready | undefined> {
    try {
      return feed.peek();
    } catch (thrown) {
      const error = StreamError.from(thrown, 'event-hubs');
      if (error.code !== 'unknown-topic') throw error;
      await this.#lookUp(this.partition, signal);
      const { hub, consumerGroup } = this.#settings;
      throw new StreamError(
        'invalid-config',
        `topic "${hub}" has no consumer group "${consumerGroup}". Run: az eventhubs eventhub consumer-group create --eventhub-name ${hub} --name ${consumerGroup} --namespace-name … --resource-group …; or give the option management`,
        { where: 'event-hubs', cause: error },
      );
    }
  }

  #hand(feed: Feed, page: EventPage): void {
    for (let next = feed.peek(); next?.kind === 'event' && page.add(next.event); next = feed.peek()) {
      const { sequenceNumber, offset } = next;
      this.#places.push({ sequenceNumber, offset });
      feed.shift();
    }
  }
}
