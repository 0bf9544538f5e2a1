import type { Adapter } from '../contract/opaque-adapter.ts';
import type { GroupMember, PartitionLag, TopicDescription, TopicGroup } from '../contract/admin.ts';
import type { Start } from '../contract/source.ts';
import type {
  Batch,
  BatchOptions,
  ConsumerOptions,
  Delivery,
  Handler,
  HandlerContext,
  HandlerMap,
  ProcessOptions,
} from '../consume/options.ts';
import type { HandleMiddleware } from '../consume/middleware.ts';
import type { Position } from '../model/encoded.ts';
import type { OpenedLetter } from '../dead-letter/letter.ts';
import type { StreamError } from '../errors/stream-error.ts';
import type { Topic } from '../model/define-topic.ts';
import type { EventInput, RawEvent, RawInput, StreamEvent } from '../model/event.ts';
import type { CloseOptions, ProducerOptions, SendOptions, SendReceipt, SendResult } from '../produce/options.ts';
import type { MiddlewareScope, SendMiddleware } from '../produce/middleware.ts';
import type { Logger } from '../observe/logger.ts';
import type { Clock } from '../time/clock.ts';
import type { Duration } from '../units/units.ts';

/** Accepted loss of order or events, written out by whoever accepts it. */
export type Consent = 'grow-keyed-topic' | 'shorten-retention';

/** Steps around sending and handling, such as tracing, encryption or the recognition of repeats. */
export interface Middleware {
  /** As {@link SendMiddleware}, for events of any topic. */
  send?<Input extends EventInput | RawInput>(
    event: Input,
    next: (event?: Input) => Promise<SendReceipt>,
    scope: MiddlewareScope,
  ): Promise<SendReceipt> | SendReceipt;
  /** As {@link HandleMiddleware}, for events of any topic. */
  handle?<Event extends StreamEvent | RawEvent>(
    event: Event,
    context: HandlerContext,
    next: (event?: Event) => Promise<void>,
    scope: MiddlewareScope,
  ): Promise<void> | void;
}

/** Steps of one producer or consumer, within those of the client. */
export interface Within<Step> {
  /** In order, the first outermost. Default none. */
  readonly middleware?: readonly Step[];
}

export interface StreamsOptions {
  readonly adapter: Adapter;
  readonly topics: readonly Topic[];
  /** Create and change topics as declared, only compare them, or trust that they are there. Default `ensure`. */
  readonly topology?: 'ensure' | 'validate' | 'assume';
  readonly consent?: readonly Consent[];
  /**
   * How long a service that does not answer is waited for before `connect` fails, with what was last said. Making a topic
   * comes on top. Default 10 s.
   */
  readonly connectTimeout?: Duration;
  /** The `source` of CloudEvents that name none. Default `isostream`. */
  readonly source?: string;
  readonly clock?: Clock;
  /**
   * Steps around each `send` and around each attempt of a handler, for every topic: the first is outermost, those of a producer
   * or consumer come within. Default none.
   */
  readonly middleware?: readonly Middleware[];
  /**
   * Where this client writes what it does: `console`, `pino()`, or anything with `debug`, `info`, `warn` and `error`, which take
   * the fields first. Lines that repeat are written less and less often. No line holds a key, data or a header. Default none.
   */
  readonly logger?: Logger;
  /** For jitter; a number in [0, 1). Default `Math.random`. */
  readonly random?: () => number;
}

/** How a client is. */
export interface Health {
  /**
   * False where only a restart helps: a consumer has failed and was not closed, or a handler is beyond its `handlerTimeout`
   * and none of its consumer has returned since it was started.
   */
  readonly live: boolean;
  /**
   * The service answers, and every consumer that runs has joined its group. A rebalance is ready, and so is a member without a
   * partition.
   */
  readonly ready: boolean;
  /** Every consumer that was started has joined its group once. */
  readonly started: boolean;
  readonly service: ServiceHealth;
  readonly consumers: readonly ConsumerHealth[];
  readonly producers: readonly ProducerHealth[];
}

/** Whether the service answered when it was last asked, and with what error. */
export interface ServiceHealth {
  readonly reachable: boolean;
  readonly error?: StreamError;
}

/** One consumer that is not closed. */
export interface ConsumerHealth {
  readonly topic: string;
  readonly group: string;
  /** `idle` before it runs; `joining` until it first holds its share; `failed` once `run` was rejected, until it is closed. */
  readonly state: 'idle' | 'joining' | 'running' | 'paused' | 'closing' | 'failed';
  /** Partitions that it holds: none where the group has more members than partitions. */
  readonly partitions: number;
  readonly inFlight: number;
  /** How long the oldest handler has run, in milliseconds, also one that timed out and has not returned. */
  readonly oldestHandlerMs: number;
  /** A handler is beyond its time and none has returned since it was started. */
  readonly stuck: boolean;
  /** What ended it. */
  readonly lastError?: StreamError;
}

/** One producer that is not closed. */
export interface ProducerHealth {
  readonly topic: string;
  /** `blocked`: sends wait for room. */
  readonly state: 'idle' | 'sending' | 'blocked';
  /** Events without an answer yet. */
  readonly buffered: number;
  /** Sends that wait for room. */
  readonly blocked: number;
  /** Why a send failed last, and when; it stays after later ones succeed. */
  readonly lastError?: StreamError;
  readonly lastErrorAt?: Date;
}

/** What `createStreams` and `connect` return: one provider's topics in one process. */
export interface Streams extends AsyncDisposable {
  readonly adapter: Adapter;
  readonly admin: StreamsAdmin;
  producer<Input, Output>(
    topic: Topic<Input, Output>,
    options?: ProducerOptions & Within<SendMiddleware<NoInfer<Input>>>,
  ): Producer<Input>;
  consumer<Input, Output>(
    topic: Topic<Input, Output>,
    options: ConsumerOptions & Within<HandleMiddleware<NoInfer<Output>>>,
  ): Consumer<Output>;
  replay<Input, Output>(topic: Topic<Input, Output>, options: ReplayOptions): Replay<Output>;
  redrive(topic: Topic, options: RedriveOptions): Promise<RedriveReport>;
  /**
   * Marks dead letters as done without sending them back: they are not listed and not redriven any more. What is stored of them
   * stays until the retention of the dead-letter topic.
   */
  discard(topic: Topic, options: DiscardOptions): Promise<DiscardReport>;
  /** Unresolved dead letters of a group, oldest first in each partition. */
  deadLetters(
    topic: Topic,
    options: { readonly group: string; readonly signal?: AbortSignal },
  ): AsyncIterable<DeadLetter>;
  /**
   * How this client is, for the probes of whoever runs the process. Asks the service, at most once a second and for at most
   * two. Never rejects.
   */
  health(): Promise<Health>;
  /** Closes consumers, then producers, then the adapter. Idempotent. */
  close(options?: CloseOptions): Promise<void>;
}

/** Sends to one topic. There is nothing to open: its client is connected. */
export interface Producer<Input> extends AsyncDisposable {
  /** Resolves when the service has stored the event; rejects with a {@link StreamError} that has an `outcome`. */
  send(event: Input, options?: SendOptions): Promise<SendReceipt>;
  /** One result an event, in the order given; never rejects for single events. */
  sendBatch(events: readonly Input[], options?: SendOptions): Promise<readonly SendResult[]>;
  /** Resolves when everything sent before has a result. */
  flush(): Promise<void>;
  /** With `afterFailure: 'fail-key'`: lets events of this key pass again. */
  resumeKey(key: string): void;
  /** Flushes until the deadline, then fails the rest. Idempotent. */
  close(options?: CloseOptions): Promise<void>;
}

/** Reads one topic as a member of a group, from the call of `run`, `runBatch` or `stream` on. Not iterable itself: its `stream()` is. */
export interface Consumer<Event> extends AsyncDisposable {
  /** Handles events until `close` or the signal; rejects with what stopped it. One of `run`, `runBatch`, `stream` a consumer, once. */
  run(
    handler: Handler<Event> | ([Event] extends [{ readonly type: string }] ? HandlerMap<Event> : never),
    options?: { readonly signal?: AbortSignal },
  ): Promise<void>;
  /** As `run`, for batches of events of different keys; each is settled unless it is failed by name or the handler throws. */
  runBatch(
    handler: (batch: Batch<Event>) => unknown,
    options?: BatchOptions & { readonly signal?: AbortSignal },
  ): Promise<void>;
  stream(options?: { readonly signal?: AbortSignal }): AsyncIterableIterator<Delivery<Event>>;
  /** From now on no handler is started; running ones go on, leases are kept. */
  pause(): void;
  resume(): void;
  /**
   * Resolves once this member holds its share of the partitions and the group's start is stored: what is sent from then on
   * reaches the group, also with `from: 'latest'`. Rejects if the consumer ends before.
   */
  readonly ready: Promise<void>;
  readonly assignments: readonly string[];
  readonly inFlight: { readonly events: number; readonly bytes: number };
  /** Drains until the deadline, commits, leaves the group. Idempotent; works while blocked. */
  close(options?: CloseOptions): Promise<void>;
}

export interface ReplayOptions extends ProcessOptions {
  readonly from: Start | ReadonlyMap<string, Position>;
  readonly to?: 'now' | Date;
  /** Only events of this key. */
  readonly key?: string;
}

/** A bounded read without a group. Each call reads the whole range. */
export interface Replay<Event> {
  /** Resolves with the number of handled events at the end of the range; rejects with the first event that failed permanently. */
  run(
    handler: Handler<Event> | ([Event] extends [{ readonly type: string }] ? HandlerMap<Event> : never),
    options?: { readonly signal?: AbortSignal },
  ): Promise<{ readonly events: number }>;
  /** As `run`, for batches of events of different keys. */
  runBatch(
    handler: (batch: Batch<Event>) => unknown,
    options?: BatchOptions & { readonly signal?: AbortSignal },
  ): Promise<{ readonly events: number }>;
  /** Events are handed out as they are asked for, until the end of the range; leaving the loop ends the replay. */
  stream(options?: { readonly signal?: AbortSignal }): AsyncIterableIterator<Delivery<Event>>;
}

/** A dead letter as an application sees it: what is known of it, and its event where the topic's declaration can read it. */
export interface DeadLetter extends Omit<OpenedLetter, 'original' | 'redrivenFrom'> {
  /** The letter's own place in the dead-letter topic. */
  readonly id: string;
  /** How often its event was sent back before. */
  readonly redrives: number;
  /** What its event says of itself, also where that cannot be read as the topic declares it; `undefined` of bytes that are not a CloudEvent. */
  readonly eventId: string | undefined;
  readonly eventType: string | undefined;
  readonly event: StreamEvent | undefined;
  readonly key: string | null;
  /** The event as it was stored, byte for byte; of `unreadableBytes` what could be kept of them. */
  readonly original: RawContent;
}

/** An event without its place: what a raw topic sends. */
export type RawContent = Pick<RawEvent, 'key' | 'value' | 'headers'>;

export interface RedriveOptions {
  readonly group: string;
  /** Which letters go back: `true` or `false`, at once; anything else ends the redrive with `invalid-config`. Default all. */
  readonly where?: (letter: DeadLetter) => boolean;
  /** Maximum letters per second. Default unbounded. */
  readonly rate?: number;
  /** Report what would be sent; send nothing. */
  readonly dryRun?: boolean;
  /** A letter that was redriven this often stays. Default 3. */
  readonly maxRedrives?: number;
  /** Sends this in place of the letter's event. It counts as another event: how often it was redriven is counted anew. Default: as it was. */
  readonly edit?: (letter: DeadLetter) => RawContent;
  /** Called after each letter that was looked at, with the report so far. */
  readonly progress?: (report: RedriveReport) => void;
  readonly signal?: AbortSignal;
}

export interface RedriveReport {
  readonly redriven: number;
  /** Did not match `where`. */
  readonly passedOver: number;
  /** At the limit of `maxRedrives`. */
  readonly looping: number;
  /** Hold no event but bytes that could not be read (`unreadableBytes`): these are never sent back. */
  readonly unreadable: number;
}

export interface DiscardOptions {
  readonly group: string;
  /** Which letters go: `true` or `false`, at once. */
  readonly where: (letter: DeadLetter) => boolean;
  /** Report what would be discarded; discard nothing. */
  readonly dryRun?: boolean;
  /** Called after each letter that was looked at, with the report so far. */
  readonly progress?: (report: DiscardReport) => void;
  readonly signal?: AbortSignal;
}

export interface DiscardReport {
  readonly discarded: number;
  /** Did not match `where`. */
  readonly passedOver: number;
}

export interface TopologyChange {
  readonly topic: string;
  readonly change: 'create' | 'alter' | 'none';
  readonly settings: Readonly<Record<string, { readonly from: unknown; readonly to: unknown }>>;
}

/** What prevents a change. */
export interface TopologyProblem {
  /** `unsupported`: it cannot be made. `consent-required`: it loses order or events, and is made with consent only. */
  readonly code: 'unsupported' | 'consent-required';
  readonly message: string;
  /** The consent with which it is made. */
  readonly consent?: Consent;
  /** That consent was given. */
  readonly accepted: boolean;
}

/** What `ensure` would do now. */
export interface TopologyPlan extends TopologyChange {
  /** All that prevents it; `ensure` refuses the first that is not accepted. */
  readonly problems: readonly TopologyProblem[];
}

export interface StreamsAdmin {
  /** What `ensure` would do, and what prevents it; changes nothing. Rejects only where the service cannot be asked. */
  plan(
    topic: Topic,
    options?: { readonly consent?: readonly Consent[]; readonly signal?: AbortSignal },
  ): Promise<TopologyPlan>;
  /** Makes the topic as declared; refuses with `consent-required` what would lose order or events. */
  ensure(
    topic: Topic,
    options?: { readonly consent?: readonly Consent[]; readonly signal?: AbortSignal },
  ): Promise<TopologyChange>;
  /** Throws `unknown-topic` or `topic-mismatch`, which names every difference. */
  validate(topic: Topic, options?: { readonly signal?: AbortSignal }): Promise<void>;
  describe(topic: Topic | string, options?: { readonly signal?: AbortSignal }): Promise<TopicDescription | undefined>;
  topics(options?: { readonly signal?: AbortSignal }): Promise<readonly string[]>;
  groups(topic: Topic | string, options?: { readonly signal?: AbortSignal }): Promise<readonly string[]>;
  /** Every group with each topic in which it has a position; an empty array where there is none. */
  allGroups(options?: { readonly signal?: AbortSignal }): Promise<readonly TopicGroup[]>;
  /**
   * The members of a group that read the topic, and which partitions each of them holds. Where a group is kept in leases, members
   * without a partition are not listed, and one that crashed is until its leases run out. Throws `unsupported` where nobody knows.
   */
  members(
    topic: Topic | string,
    group: string,
    options?: { readonly signal?: AbortSignal },
  ): Promise<readonly GroupMember[]>;
  lag(
    topic: Topic | string,
    group: string,
    options?: { readonly signal?: AbortSignal },
  ): Promise<readonly PartitionLag[]>;
  reset(
    topic: Topic | string,
    group: string,
    to: 'earliest' | 'latest' | Date | ReadonlyMap<string, Position>,
    options?: { readonly signal?: AbortSignal },
  ): Promise<void>;
  /** Forgets a group's position in the topic; no effect where there is none. Throws `conflict` while it has members. */
  deleteGroup(topic: Topic | string, group: string, options?: { readonly signal?: AbortSignal }): Promise<void>;
  delete(topic: Topic | string, options?: { readonly signal?: AbortSignal }): Promise<void>;
}
