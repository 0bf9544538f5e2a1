import type { _Record, ChildShard } from '@aws-sdk/client-kinesis';
import {
  EventBacklog,
  type EventPage,
  type RangeCursor,
  sleep,
  type StoredEvent,
  StreamError,
  systemClock,
  Warnings,
} from '@isostream/core/adapter';
import type { ServiceClock } from '../client/service-clock.ts';
import { compareSequences, end, formatPlace, oldest, type Place } from '../position.ts';
import { Pace } from './pace.ts';
import { retryDelay } from './patience.ts';
import type { ShardPush } from './shard-push.ts';
import type { ConsumeSettings } from './parts.ts';
import type { KinesisStream, FetchedPage } from './stream.ts';
import { arrivalOf, eventsOf } from './to-events.ts';

/** How long one read waits at most; then it returns nothing. */
const longestWaitMs = 500;
/** No stream keeps less than this: for as long there is no need to ask how much it keeps. */
const shortestRetentionMs = 86_400_000;
/** How far times of arrival are trusted to grow with the order of the records. */
const slackMs = 10_000;

export interface CursorOptions {
  readonly stream: KinesisStream;
  readonly shard: string;
  readonly start: Place;
  /** Shards of the same range that come before it. */
  readonly after?: readonly string[];
  readonly clock: ServiceClock;
  readonly settings: ConsumeSettings;
  /** The last place of a range, itself within it. */
  readonly until?: Place;
  /** Pushes its pages, as long as it does. */
  readonly push?: ShardPush | undefined;
  /** Events at or after this time are not in the range. */
  readonly before?: number;
}

/** The part of a shard that is still to be handed over: what was fetched, and where the next fetch begins. */
export class ShardCursor implements RangeCursor {
  readonly #options: CursorOptions;
  readonly #warnings = new Warnings('kinesis');
  /** Behind everything that was fetched. */
  #place: Place;
  /** Until then nothing was left unread, by the service's clock. */
  #readUntil: number | undefined;
  #iterator: string | undefined;
  readonly #backlog = new EventBacklog();
  #isFetchedWhole = false;
  #isAtTip = false;
  #children: readonly ChildShard[] = [];
  readonly #pace: Pace;
  #nextFetch = -Infinity;
  #failures = 0;

  constructor(options: CursorOptions) {
    this.#options = options;
    this.#pace = new Pace(options.settings.pollIntervalMs);
    this.#place = options.start;
    this.#isFetchedWhole = options.start.kind === 'end';
    if (options.start.kind === 'time') this.#readUntil = options.start.ms;
    else if (options.start.kind === 'at' || options.start.kind === 'after') this.#readUntil = options.start.readUntil;
  }

  get partition(): string {
    return this.#options.shard;
  }

  get after(): readonly string[] {
    return this.#options.after ?? [];
  }

  /** The shard or the range has ended, and all of it was handed over. */
  get isOver(): boolean {
    return this.#isFetchedWhole && this.#backlog.isEmpty;
  }

  /** Nothing is left to hand over, and nothing more was stored when that was last looked at. */
  get readUntil(): number | undefined {
    return this.#isAtTip && this.#backlog.isEmpty ? this.#readUntil : undefined;
  }

  /** The shards that follow, as the end of this one told them; not every service does. */
  get children(): readonly ChildShard[] {
    return this.#children;
  }

  /** A record may hold more events than anybody has room for. `start` is where reading began when it came. */
  *#eventsOf(record: _Record, start: Place): Generator<StoredEvent, void> {
    const { shard, clock } = this.#options;
    for (const event of eventsOf(shard, record, clock.now()))
      if (!isRead(record.SequenceNumber ?? '', event, start)) yield event;
  }

  /**
   * Fetches if nothing is at hand: waits for its turn, for a bounded time, and asks once. Rejects with errors that need operator action;
   * the rest is tried again by the next call.
   */
  async fill(signal: AbortSignal): Promise<void> {
    if (!this.#backlog.isEmpty || this.#isFetchedWhole) return;
    try {
      const { push } = this.#options;
      const waitMs = push?.isOpen === true ? 0 : this.#nextFetch - systemClock.monotonic();
      if (waitMs > 0) await sleep(systemClock, Math.min(waitMs, longestWaitMs), signal);
      if (waitMs > longestWaitMs) return;
      if (push?.isUsed === true) await this.#takePushed(push, signal);
      else await this.fetch(signal);
      this.#failures = 0;
    } catch (thrown) {
      if (signal.aborted) return;
      this.#retryLater(StreamError.from(thrown, 'kinesis'));
    }
  }

  async read(page: EventPage, signal: AbortSignal): Promise<void> {
    await this.fill(signal);
    if (!signal.aborted) this.handTo(page);
  }

  /** Hands over what is at hand and finds room. Returns the events. */
  handTo(page: EventPage): readonly StoredEvent[] {
    if (this.isOver) page.end();
    return this.#backlog.handTo(page);
  }

  /** Asks once, now; rejects with whatever fails. */
  async fetch(signal?: AbortSignal): Promise<void> {
    if (await this.#isExpired(signal)) {
      this.#expired(oldest);
      return;
    }
    this.#iterator ??= await this.#open(signal);
    if (this.#iterator === undefined) return;
    const askedAt = systemClock.monotonic();
    const page = await this.#options.stream.page(this.#iterator, signal);
    if (page === 'expired') this.#iterator = undefined;
    else this.#received(page, askedAt);
  }

  /** A subscription begins where reading would: a place that is gone is found as it is by whoever polls. */
  async #takePushed(push: ShardPush, signal: AbortSignal): Promise<void> {
    if (!push.isOpen) {
      if (await this.#isExpired(signal)) this.#expired(oldest);
      this.#iterator = await this.#open(signal);
      if (this.#iterator === undefined) return;
      push.open(this.#place, signal);
    }
    const page = await push.next(longestWaitMs, signal);
    if (page === undefined) return;
    this.#received(page, systemClock.monotonic());
    this.#nextFetch = -Infinity;
    // It is behind the page now; polling begins anew.
    this.#iterator = undefined;
  }

  #received(page: FetchedPage, askedAt: number): void {
    for (const record of page.records) if (!this.#isFetchedWhole) this.#accept(record);
    this.#iterator = page.next;
    this.#isAtTip = page.isAtTip;
    // Also a page that is empty in the middle is a part of the way.
    if (page.isAtTip || page.records.length === 0) this.#seen(page.askedAt - page.behindMs);
    if (page.next === undefined) {
      this.#isFetchedWhole = true;
      this.#children = page.children;
    }
    // A range ends at its last event; if that is gone, at the latest where the shard ends for now.
    if (page.isAtTip && this.#options.until !== undefined) this.#isFetchedWhole = true;
    // From one call to the next, however long an answer takes.
    this.#nextFetch = askedAt + this.#pace.after(page);
  }

  #seen(ms: number): void {
    this.#readUntil = Math.max(this.#readUntil ?? 0, ms);
  }

  #accept(record: _Record): void {
    const { until, before = Infinity, clock } = this.#options;
    const { SequenceNumber: sequence = '' } = record;
    const ms = arrivalOf(record, clock.now());
    const isBeyond = until?.kind === 'time' ? ms >= until.ms : until !== undefined && isBehind(sequence, until);
    // Times of arrival are approximate, and may go back a little.
    if (isBeyond || ms >= before + slackMs) {
      this.#isFetchedWhole = true;
      return;
    }
    if (ms < before) this.#backlog.add(this.#eventsOf(record, this.#place));
    this.#place = { kind: 'after', sequence, index: undefined };
    this.#readUntil = ms;
  }

  /** Where the next fetch begins; nothing if there is no such place any more, or not yet. */
  async #open(signal?: AbortSignal): Promise<string | undefined> {
    const { stream, shard } = this.#options;
    const iterator = await stream.iterator(shard, this.#place, signal);
    if (iterator !== undefined) return iterator;
    // Another stream of this name has shards of the same names, and none of the places.
    await stream.describe(signal);
    const shards = await stream.shards(signal);
    if (!shards.some(({ ShardId: id }) => id === shard)) {
      this.#isFetchedWhole = true;
      this.#expired(end);
    } else if (this.#place.kind === 'at' || this.#place.kind === 'after') this.#expired(oldest);
    else {
      // A time that the service's clock has not reached yet: a little later it has.
      this.#wait(this.#options.settings.pollIntervalMs);
    }
    return undefined;
  }

  /** Whether retention has passed the place, as far as times tell: a service that goes on at the oldest record does not say so. */
  async #isExpired(signal?: AbortSignal): Promise<boolean> {
    const readUntil = this.#readUntil;
    if (readUntil === undefined) return false;
    const unreadMs = this.#options.clock.now() - readUntil;
    if (unreadMs <= shortestRetentionMs) return false;
    return unreadMs > (await this.#options.stream.retentionMs(signal));
  }

  #expired(to: Place): void {
    this.#backlog.gap({ from: formatPlace(this.#place), to: formatPlace(to), missing: undefined });
    this.#place = to;
    this.#readUntil = undefined;
    this.#iterator = undefined;
  }

  #retryLater(error: StreamError): void {
    if (!error.retryable) throw error;
    if (error.code === 'throttled') this.#pace.refused();
    this.#wait(retryDelay(error, ++this.#failures));
    const { stream, shard } = this.#options;
    this.#warnings.tell(`reading ${shard} of stream "${stream.name}" failed and is retried`, error);
  }

  #wait(ms: number): void {
    this.#nextFetch = systemClock.monotonic() + ms;
  }
}

/** Whether a record is stored later than a place. */
function isBehind(sequence: string, place: Place): boolean {
  return (place.kind === 'after' || place.kind === 'at') && compareSequences(sequence, place.sequence) > 0;
}

/** Whether an event of the record that reading began in comes before the place where it began. */
function isRead(sequence: string, event: StoredEvent, start: Place): boolean {
  if ((start.kind !== 'at' && start.kind !== 'after') || start.sequence !== sequence) return false;
  const index = Number(event.position.slice(sequence.length + 1));
  const first = (start.index ?? 0) + (start.kind === 'after' ? 1 : 0);
  return index < first;
}
