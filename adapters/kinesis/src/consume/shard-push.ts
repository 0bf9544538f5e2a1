import {
  type KinesisClient,
  type StartingPosition,
  SubscribeToShardCommand,
  type SubscribeToShardEvent,
} from '@aws-sdk/client-kinesis';
import { linkedSignal, sleep, StreamError, systemClock, untilAborted } from '@isostream/core/adapter';
import { toStreamError } from '../errors.ts';
import type { Place } from '../position.ts';
import { type FetchedPage, iteratorAt, type KinesisStream, wellFormed } from './stream.ts';

/** The service ends a subscription after five minutes; one that is renewed before that is never missed. */
const renewMs = 285_000;
/** The same consumer may not subscribe to a shard again within five seconds. */
const againMs = 5_500;
/** How long an attempt may go unanswered, also because the consumer is being registered, before the shard is polled. */
const answerMs = 3_000;

export interface PushOptions {
  readonly kinesis: KinesisClient;
  /** The ARN of the group's registered consumer, which all its shards share. */
  readonly consumer: { arn(): Promise<string>; forget(): void };
  readonly stream: KinesisStream;
  readonly shard: string;
  /** A shard that gets no more events is read by polling: its end is surely told there. */
  readonly isClosed: () => boolean;
  /** Default 285 s. */
  readonly renewMs?: number;
}

type Pages = AsyncGenerator<FetchedPage, void>;
type Next = Promise<IteratorResult<FetchedPage, void>>;

/**
 * Pages of one shard as the service pushes them to a registered consumer: one subscription at a time, the next one behind the
 * last page. Where a subscription is refused, the shard has to be polled for some seconds. What is pushed and not asked for
 * stays in the connection, whose flow control holds the service back.
 */
export class ShardPush {
  readonly #options: PushOptions;
  #pages: Pages | undefined;
  #next: Next | undefined;
  #over = new AbortController();
  #since = 0;
  #pauseUntil = -Infinity;
  #isAnswered = false;

  constructor(options: PushOptions) {
    this.#options = options;
  }

  /** Whether to ask here: else the shard is polled. */
  get isUsed(): boolean {
    return this.isOpen || (systemClock.monotonic() >= this.#pauseUntil && !this.#options.isClosed());
  }

  get isOpen(): boolean {
    return this.#pages !== undefined;
  }

  /** Subscribes behind a place that there is; whether that works out says {@link ShardPush.next}. */
  open(place: Place, signal: AbortSignal): void {
    this.#over = new AbortController();
    this.#since = systemClock.monotonic();
    // At most one attempt in five seconds, whatever becomes of it.
    this.#pauseUntil = againAfter(this.#since);
    this.#isAnswered = false;
    this.#pages = this.#subscribed(place, linkedSignal([signal, this.#over.signal]));
  }

  /** The next page; nothing if none came within a time, or the subscription ended. Rejects with what refused it. */
  async next(withinMs: number, signal: AbortSignal): Promise<FetchedPage | undefined> {
    const pages = this.#pages;
    if (pages === undefined) return undefined;
    this.#next ??= pages.next();
    try {
      const result = await within(this.#next, withinMs, signal);
      if (result === undefined) {
        const isSilent = !this.#isAnswered && systemClock.monotonic() - this.#since > answerMs;
        if (isSilent) this.#pauseUntil = againAfter(systemClock.monotonic());
        if (isSilent || this.#options.isClosed()) this.close();
        return undefined;
      }
      this.#next = undefined;
      const isOld = systemClock.monotonic() - this.#since > (this.#options.renewMs ?? renewMs);
      if (isOld) this.#pauseUntil = -Infinity;
      if (isOld || result.done === true) this.close();
      return result.value ?? undefined;
    } catch (thrown) {
      this.close();
      this.#pauseUntil = againAfter(systemClock.monotonic());
      throw thrown;
    }
  }

  close(): void {
    this.#over.abort();
    this.#pages?.return().catch(() => undefined);
    this.#pages = undefined;
    this.#next?.catch(() => undefined);
    this.#next = undefined;
  }

  async *#subscribed(place: Place, { signal, unlink }: ReturnType<typeof linkedSignal>): Pages {
    const { kinesis, consumer, stream, shard } = this.#options;
    const what = `subscribing to ${shard} of stream "${stream.name}"`;
    const subscribedAt = stream.now();
    try {
      const arn = await untilAborted(consumer.arn(), signal);
      const command = new SubscribeToShardCommand({
        ConsumerARN: arn,
        ShardId: shard,
        StartingPosition: startingAt(place),
      });
      const { EventStream: events } = await kinesis.send(command, { abortSignal: signal });
      this.#isAnswered = true;
      for await (const { SubscribeToShardEvent: event } of events ?? [])
        if (event !== undefined) yield toPage(event, stream.name, subscribedAt);
    } catch (thrown) {
      const error = toStreamError(thrown, what);
      // Its stream is looked at by whoever polls; the consumer may have been taken away alone.
      if (error.code === 'unknown-topic') consumer.forget();
      // What cuts a subscription in the middle of an event has no name, and the shard can be polled.
      else if (error.code !== 'internal') throw error;
      const text = thrown instanceof Error ? thrown.message : String(thrown);
      throw new StreamError('unavailable', `${what}: ${text}. It is polled meanwhile`, {
        where: 'kinesis',
        cause: thrown,
      });
    } finally {
      unlink();
    }
  }
}

function startingAt(place: Place): StartingPosition {
  const { ShardIteratorType: Type, StartingSequenceNumber: SequenceNumber, Timestamp } = iteratorAt(place);
  return {
    Type,
    ...(SequenceNumber === undefined ? {} : { SequenceNumber }),
    ...(Timestamp === undefined ? {} : { Timestamp }),
  };
}

/** Not in step with the other shards. */
function againAfter(ms: number): number {
  return ms + againMs * (1 + Math.random() / 4);
}

function toPage(event: SubscribeToShardEvent, stream: string, subscribedAt: number): FetchedPage {
  const behindMs = event.MillisBehindLatest ?? 0;
  // The end of a shard names what follows. Without that, whoever polls finds out whether it ended.
  if ((event.ContinuationSequenceNumber ?? undefined) === undefined && (event.ChildShards ?? []).length === 0)
    throw new StreamError(
      'unavailable',
      `stream "${stream}": a push has no place to go on from. It is polled meanwhile`,
      {
        where: 'kinesis',
      },
    );
  return {
    records: wellFormed(event.Records, stream),
    // There is none at the end of a closed shard.
    next: event.ContinuationSequenceNumber ?? undefined,
    isAtTip: behindMs === 0,
    behindMs,
    // It may have waited in the connection: it was made at this time at the earliest.
    askedAt: subscribedAt,
    children: event.ChildShards ?? [],
  };
}

/** What work gives, or nothing if it takes longer; it goes on then. Rejects once aborted. */
async function within<T>(work: Promise<T>, ms: number, signal: AbortSignal): Promise<T | undefined> {
  const over = new AbortController();
  const either = linkedSignal([signal, over.signal]);
  try {
    return await Promise.race([work, sleep(systemClock, ms, either.signal).then(() => undefined)]);
  } finally {
    over.abort();
    either.unlink();
  }
}
