import { decodeStored } from '../codec/codec.ts';
import type { TopicConsumer } from '../consume/consumer.ts';
import { Engine } from '../consume/engine.ts';
import { resolveReplayOptions } from '../consume/settings.ts';
import type { HandleMiddleware } from '../consume/middleware.ts';
import type { ConsumerOptions } from '../consume/options.ts';
import type { Adapter } from '../contract/adapter.ts';
import { openAdapter } from '../contract/open-adapter.ts';
import type { Adapter as OpaqueAdapter } from '../contract/opaque-adapter.ts';
import type { OpenRange } from '../contract/source.ts';
import { StreamError } from '../errors/stream-error.ts';
import { checkTopic, type Topic, eventTypes } from '../model/define-topic.ts';
import type { StoredEvent } from '../model/encoded.ts';
import { keyId } from '../model/key-id.ts';
import { checkNames } from '../options/checks.ts';
import { checkMiddleware, type SendMiddleware } from '../produce/middleware.ts';
import type { CloseOptions, ProducerOptions } from '../produce/options.ts';
import { TopicProducer } from '../produce/producer.ts';
import { systemClock, type Clock } from '../time/clock.ts';
import { toMilliseconds } from '../units/units.ts';
import { untilAborted } from '../time/wait.ts';
import { checkPositions, endingAt, startingAt } from './places.ts';
import { connectAdapter, prepareTopic } from './connecting.ts';
import { ClientParts } from './client-parts.ts';
import { createConsumer } from './create-consumer.ts';
import { HealthCheck, type WatchedConsumer, type WatchedProducer } from './health.ts';
import { ClientObserver } from './client-observer.ts';
import { LetterDesk } from './letter-desk.ts';
import { TopicReplay } from './replay.ts';
import { RangeSource } from './range-source.ts';
import { TopicAdmin } from './streams-admin.ts';
import { checkStreamsOptions } from './check-options.ts';
import { checkReplay } from './supported.ts';
import { unawaited } from './unawaited.ts';
import type {
  Consumer,
  DeadLetter,
  DiscardOptions,
  DiscardReport,
  Health,
  Producer,
  RedriveOptions,
  RedriveReport,
  Replay,
  ReplayOptions,
  Streams,
  StreamsAdmin,
  StreamsOptions,
  Within,
} from './types.ts';

type Closable = { close(options?: CloseOptions): Promise<void> };

/**
 * Opens topics over an adapter: proves that the service answers and that the topics are as declared. A service that is away
 * is waited for until `connectTimeout`.
 * Throws what keeps them from being usable: `unauthenticated`, `unavailable`, `topic-mismatch`, `unsupported`, ….
 */
export function createStreams(options: StreamsOptions): Promise<Streams> {
  return unawaited(opened(options), 'createStreams');
}

async function opened(options: StreamsOptions): Promise<Streams> {
  checkStreamsOptions(options);
  const { topics, clock = systemClock, random = Math.random } = options;
  const adapter = openAdapter(options.adapter);
  const timeoutMs = toMilliseconds(options.connectTimeout ?? '10s', 'connectTimeout');
  const streams = new ProviderStreams(adapter, options);
  try {
    await connectAdapter(adapter, { timeoutMs, clock, random });
    streams.observer.client('connected');
    for (const topic of topics)
      await prepareTopic(adapter, topic.name, { timeoutMs, clock, random }, () => streams.prepare(topic));
  } catch (error) {
    streams.observer.end(StreamError.from(error, adapter.name));
    await adapter.close();
    throw error;
  }
  return streams;
}

class ProviderStreams implements Streams {
  readonly admin: StreamsAdmin;
  readonly observer: ClientObserver;
  readonly #adapter: Adapter;
  readonly #parts: ClientParts;
  readonly #topology: 'ensure' | 'validate' | 'assume';
  readonly #clock: Clock;
  readonly #consumers = new Set<Closable>();
  readonly #producers = new Set<Closable>();
  readonly #watchedConsumers = new Map<WatchedConsumer, { readonly topic: string; readonly group: string }>();
  readonly #watchedProducers = new Map<WatchedProducer, string>();
  readonly #health: HealthCheck;
  readonly #letters: LetterDesk;
  /** Aborted when the client closes: ends what reads without a group. */
  readonly #ended = new AbortController();
  #closing: Promise<void> | undefined;

  constructor(adapter: Adapter, options: StreamsOptions) {
    this.#adapter = adapter;
    this.admin = new TopicAdmin(adapter, options.consent ?? [], () => this.#checkOpen());
    this.#topology = options.topology ?? 'ensure';
    this.#clock = options.clock ?? systemClock;
    this.observer = new ClientObserver(adapter.name, options.logger, this.#clock);
    this.#parts = new ClientParts(adapter, options, this.observer);
    this.#health = new HealthCheck(adapter, options.topics[0]?.name, this.#clock, (error) => {
      // What a client that closes is told says nothing about the service.
      if (this.#closing === undefined) this.observer.client(error === undefined ? 'connected' : 'unreachable', error);
    });
    this.#letters = new LetterDesk({
      adapter,
      clock: this.#clock,
      ended: this.#ended.signal,
      checkOpen: () => this.#checkOpen(),
      createWriter: (topic) => this.#parts.writer(topic),
    });
  }

  get adapter(): OpaqueAdapter {
    return this.#adapter;
  }

  async prepare(topic: Topic, signal?: AbortSignal): Promise<void> {
    const options = signal === undefined ? {} : { signal };
    if (this.#topology === 'ensure') await this.admin.ensure(topic, options);
    if (this.#topology === 'validate') await this.admin.validate(topic, options);
  }

  producer<Input, Output>(
    topic: Topic<Input, Output>,
    options?: ProducerOptions & Within<SendMiddleware<Input>>,
  ): Producer<Input> {
    this.#checkOpen();
    checkTopic(topic, 'producer');
    checkMiddleware(options?.middleware, ['send'], 'producer');
    const codec = this.#parts.codec(topic);
    const writer = this.#parts.writer(topic.name, options);
    const producer: TopicProducer<Input> = new TopicProducer<Input>(
      writer,
      (input) => codec.encode(input),
      this.#clock,
      () => {
        this.#producers.delete(producer);
        this.#watchedProducers.delete(producer);
      },
      this.#parts.sending(topic, options?.middleware),
    );
    this.#producers.add(producer);
    this.#watchedProducers.set(producer, topic.name);
    return producer;
  }

  consumer<Input, Output>(
    topic: Topic<Input, Output>,
    options: ConsumerOptions & Within<HandleMiddleware<Output>>,
  ): Consumer<Output> {
    this.#checkOpen();
    checkTopic(topic, 'consumer');
    const consumer: TopicConsumer<Output> = createConsumer(this.#parts, topic, options, {
      prepare: (each, signal) => this.prepare(each, signal),
      closed: () => {
        this.#consumers.delete(consumer);
        this.#watchedConsumers.delete(consumer);
      },
    });
    this.#consumers.add(consumer);
    this.#watchedConsumers.set(consumer, { topic: topic.name, group: options.group });
    return consumer;
  }

  replay<Input, Output>(topic: Topic<Input, Output>, options: ReplayOptions): Replay<Output> {
    this.#checkOpen();
    checkTopic(topic, 'replay');
    const settings = resolveReplayOptions(options);
    const { key } = options;
    const [from, to] = [startingAt(options.from), endingAt(options.to ?? 'now')];
    checkReplay(this.#adapter, { ...options, from, to: to === 'now' ? 'latest' : to });
    const open = async (signal: AbortSignal): Promise<OpenRange> => {
      const isMap = !(typeof from === 'string' || from instanceof Date);
      if (isMap) await untilAborted(checkPositions(this.#adapter, topic.name, from, signal), signal);
      return this.#adapter.openRange({ topic: topic.name, from, to }, signal);
    };
    const codec = this.#parts.codec(topic, settings.handlerTimeoutMs);
    return new TopicReplay<Output>({
      decode: (stored) => decodeStored(codec, stored),
      types: eventTypes(topic),
      clock: this.#clock,
      handlerTimeoutMs: settings.handlerTimeoutMs,
      createEngine: () =>
        new Engine({
          topic: topic.name,
          group: undefined,
          member: 'replay',
          source: new RangeSource(open, this.#parts.attempts(`replay of topic "${topic.name}"`)),
          settlement: 'watermark',
          settings,
          clock: this.#clock,
          random: this.#parts.random,
          deadLetter: () =>
            Promise.reject(new StreamError('internal', 'a replay has no dead letters', { where: 'replay' })),
          ...(key === undefined ? {} : { accept: (stored) => isOfKey(stored, key) }),
        }),
      drainTimeoutMs: settings.drainTimeoutMs,
      around: this.#parts.around(topic),
      ended: this.#ended.signal,
      track: (replay) => {
        this.#consumers.add(replay);
        this.observer.replay({ topic: topic.name, group: undefined, member: 'replay' });
        return () => this.#consumers.delete(replay);
      },
    });
  }

  deadLetters(
    topic: Topic,
    options: { readonly group: string; readonly signal?: AbortSignal },
  ): AsyncIterable<DeadLetter> {
    return this.#letters.list(topic, options);
  }

  redrive(topic: Topic, options: RedriveOptions): Promise<RedriveReport> {
    return this.#letters.redrive(topic, options);
  }

  discard(topic: Topic, options: DiscardOptions): Promise<DiscardReport> {
    return this.#letters.discard(topic, options);
  }

  health(): Promise<Health> {
    const watched = { consumers: this.#watchedConsumers, producers: this.#watchedProducers };
    return this.#health.health(watched, this.#closing === undefined);
  }

  async close(options?: CloseOptions): Promise<void> {
    // A deadline that is refused closes nothing.
    if (options !== undefined) checkNames(options, ['deadline'], 'streams');
    if (options?.deadline !== undefined) toMilliseconds(options.deadline, 'deadline');
    this.#closing ??= this.#close(options);
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(options?: CloseOptions): Promise<void> {
    this.#ended.abort(clientClosed());
    // Consumers first: their handlers may still send.
    await Promise.all([...this.#consumers].map((consumer) => consumer.close(options)));
    await Promise.all([...this.#producers].map((producer) => producer.close(options)));
    await this.#adapter.close();
    this.observer.end();
  }

  #checkOpen(): void {
    if (this.#closing !== undefined) throw clientClosed();
  }
}

function clientClosed(): StreamError {
  return new StreamError('closed', 'the client is closed. Connect again', { where: 'streams' });
}

/** What could not be read may hold events of any key. */
function isOfKey({ key, unreadable }: StoredEvent, wanted: string): boolean {
  return unreadable !== undefined || keyId(key) === wanted;
}
