import { randomUUID } from 'node:crypto';
import {
  EventBacklog,
  type OpenRange,
  type EventPage,
  type Range,
  type RangeCursor,
  sleep,
  type Start,
  type StoredEvent,
  StreamError,
  systemClock,
  untilAborted,
} from '@isostream/core/adapter';
import type { PubSubService } from '../client/service.ts';
import { toStreamError } from '../errors.ts';
import { fromMessage, partition } from '../message.ts';
import { retentionOf } from '../topic-settings.ts';

const retryMs = 200;
const pullEvents = 1_000;
/** Empty answers in a row that mean the end: the service may leave out what it has. */
const emptyPulls = 3;
/** What the service stores at this moment may lie so far ahead of its time, as far as that is known. */
const clockSlackMs = 1_000;
const ackDeadlineSeconds = 10;
/** The service removes a subscription whose reader died after this; a day is the least that it takes. */
const expirySeconds = 86_400;

/**
 * A bounded read without a group: a subscription of its own, which is deleted at the end.
 * It sees what the topic's retention keeps. The end is where nothing older than the range's end comes any more, since
 * there are no positions to compare.
 */
export async function openRange(service: PubSubService, { topic, from, to }: Range): Promise<OpenRange> {
  if (!(typeof from === 'string' || from instanceof Date))
    throw new StreamError('unsupported', 'there are no positions to start at. Give a time', { where: 'pubsub' });
  try {
    const subscription = await createReaderSubscription(service, topic, from);
    // Should it fail the service removes it in a day.
    const remove = (): Promise<void> => service.deleteSubscription(subscription).catch(() => undefined);
    try {
      const cursor = new SubscriptionCursor(service, subscription, await boundsOf(service, from, to));
      return { cursors: [cursor], close: () => cursor.stop().then(remove) };
    } catch (thrown) {
      await remove();
      throw thrown;
    }
  } catch (thrown) {
    throw toStreamError(thrown, `topic "${topic}"`);
  }
}

/** By the service's clock, which stamps the events. */
async function boundsOf(service: PubSubService, from: Start, to: Range['to']): Promise<Bounds> {
  const now = await service.now();
  const until = now + (service.isEmulator ? 1 : clockSlackMs);
  return {
    first: from === 'latest' ? now + 1 : from === 'earliest' ? 0 : from.getTime(),
    before: to === 'now' ? until : Math.min(until, to.getTime()),
  };
}

async function createReaderSubscription(
  service: PubSubService,
  topic: string,
  from: 'earliest' | 'latest' | Date,
): Promise<string> {
  const names = await service.names();
  const retentionMs = retentionOf(await service.getTopic(names.topic(topic)));
  if (retentionMs === undefined && from !== 'latest')
    throw new StreamError(
      'unsupported',
      `topic "${topic}" has no retention, so nothing can be replayed. Give it a retention; events published from then on can be replayed`,
      { where: 'pubsub' },
    );
  const name = names.reader(topic, randomUUID());
  await service.createSubscription({
    name,
    topic: names.topic(topic),
    enableMessageOrdering: true,
    ackDeadlineSeconds,
    expirationPolicy: { ttl: { seconds: expirySeconds } },
  });
  // The emulator gives a new subscription all that is kept.
  if (!service.isEmulator && from !== 'latest') {
    const now = await service.now();
    const earliest = now - (retentionMs ?? 0);
    await service.seek(name, from === 'earliest' ? earliest : Math.min(now, Math.max(earliest, from.getTime())));
  }
  return name;
}

/** Stored times: from the first, it included, and before the other. */
interface Bounds {
  readonly first: number;
  readonly before: number;
}

/** Nothing is settled: nobody shares this subscription, and it ends with the read. */
class SubscriptionCursor implements RangeCursor {
  readonly partition: string = partition;
  readonly #service: PubSubService;
  readonly #subscription: string;
  readonly #bounds: Bounds;
  readonly #waiting = new EventBacklog();
  #unsettled: string[] = [];
  #empty = 0;
  /** Monotonic time since which nothing of the range, or before it, has come. */
  #quietSince = performance.now();
  /** Monotonic time until which an empty answer means nothing. */
  #doubtfulUntil = 0;
  #reading: Promise<unknown> = Promise.resolve();

  constructor(service: PubSubService, subscription: string, bounds: Bounds) {
    this.#service = service;
    this.#subscription = subscription;
    this.#bounds = bounds;
  }

  async read(page: EventPage, signal: AbortSignal): Promise<void> {
    if (this.#waiting.isEmpty) {
      const pulling = this.#pull();
      this.#reading = pulling.catch(() => undefined);
      if (await untilAborted(pulling, signal)) page.end();
    }
    this.#waiting.handTo(page);
  }

  /** Its last request has been answered. */
  async stop(): Promise<void> {
    await this.#reading;
  }

  /** True if that was the end. All is settled before it is handed over: a key's next events come only then. */
  async #pull(): Promise<boolean> {
    const { isEmulator } = this.#service;
    try {
      await this.#settleAll();
      const received = isEmulator
        ? await this.#service.pullNow(this.#subscription, pullEvents)
        : await this.#service.pull(this.#subscription, pullEvents);
      if (received.length === 0) return await this.#isEnd();
      this.#unsettled = received.map(({ ackId }) => ackId ?? '');
      return await this.#came(received.map(fromMessage));
    } catch (thrown) {
      const error = toStreamError(thrown, 'read');
      if (!error.retryable) throw error;
      // An answer may have been lost, and what it held comes again only after the deadline.
      this.#empty = 0;
      this.#doubtfulUntil = performance.now() + (ackDeadlineSeconds + 1) * 1_000;
      await sleep(systemClock, retryMs);
      return false;
    }
  }

  /** Somebody may go on sending, so that no pull is ever empty: one that brings nothing but what came after the range is as good. */
  async #came(events: readonly StoredEvent[]): Promise<boolean> {
    const { first, before } = this.#bounds;
    this.#waiting.add(events.filter(({ timestamp }) => timestamp >= first && timestamp < before));
    const { isEmulator, settings } = this.#service;
    if (events.every(({ timestamp }) => timestamp >= before)) {
      const isQuiet = performance.now() - this.#quietSince >= (isEmulator ? 0 : emptyPulls * settings.pullWaitMs);
      return ++this.#empty >= emptyPulls && isQuiet;
    }
    this.#empty = 0;
    this.#quietSince = performance.now();
    return false;
  }

  async #settleAll(): Promise<void> {
    if (this.#unsettled.length > 0) await this.#service.acknowledge(this.#subscription, this.#unsettled);
    this.#unsettled = [];
  }

  async #isEnd(): Promise<boolean> {
    const { isEmulator } = this.#service;
    if (performance.now() < this.#doubtfulUntil) {
      await sleep(systemClock, retryMs);
      return false;
    }
    if (isEmulator) return true;
    // A pull that is cut short by its own time limit looks the same on a connection that is dead: somebody has to answer.
    await this.#service.getSubscription(this.#subscription);
    return ++this.#empty >= emptyPulls;
  }
}
