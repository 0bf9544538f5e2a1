import { randomUUID } from 'node:crypto';
import { decodeStored } from '../codec/codec.ts';
import { createCodec } from '../codec/create-codec.ts';
import { TopicConsumer } from '../consume/consumer.ts';
import { Engine } from '../consume/engine.ts';
import { isPortableGroup, resolveConsumerOptions, resolveReplayOptions } from '../consume/settings.ts';
import { withMiddleware, type HandleMiddleware } from '../consume/middleware.ts';
import type { ConsumerOptions, Handler } from '../consume/options.ts';
import type { Adapter } from '../contract/adapter.ts';
import { openAdapter } from '../contract/open-adapter.ts';
import type { Adapter as OpaqueAdapter } from '../contract/opaque-adapter.ts';
import type { OpenRange } from '../contract/source.ts';
import { deadLetterTopic, prepareLetters } from '../dead-letter/letter-topic.ts';
import { writeLetter } from '../dead-letter/write-letter.ts';
import { StreamError } from '../errors/stream-error.ts';
import { checkTopic, type Topic, eventTypes } from '../model/define-topic.ts';
import type { StoredEvent } from '../model/encoded.ts';
import { keyId } from '../model/key-id.ts';
import { Warnings } from '../observe/warnings.ts';
import { checkNames } from '../options/checks.ts';
import { checkMiddleware, isFor, sendChain, type MiddlewareScope, type SendMiddleware } from '../produce/middleware.ts';
import { resolveProducerOptions } from '../produce/settings.ts';
import type { CloseOptions, ProducerOptions } from '../produce/options.ts';
import { TopicProducer } from '../produce/producer.ts';
import { Writer } from '../produce/writer.ts';
import { retrying, type Retrying } from '../retry/retrying.ts';
import { systemClock, type Clock } from '../time/clock.ts';
import { toMilliseconds } from '../units/units.ts';
import { untilAborted } from '../time/wait.ts';
import { checkPositions, endingAt, startingAt } from './places.ts';
import { connectAdapter, prepareTopic } from './connecting.ts';
import { HealthCheck, type WatchedConsumer, type WatchedProducer } from './health.ts';
import { ClientObserver } from './client-observer.ts';
import { LetterDesk } from './letter-desk.ts';
import { TopicReplay } from './replay.ts';
import { RangeSource } from './range-source.ts';
import { retryingMember } from './retrying-source.ts';
import { TopicAdmin } from './streams-admin.ts';
import { checkExists, checkStreamsOptions } from './check-options.ts';
import { checkConsumer, checkReplay } from './supported.ts';
import { unawaited } from './unawaited.ts';
import type {
  Consumer,
  DeadLetter,
  DiscardOptions,
  DiscardReport,
  Health,
  Middleware,
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
  readonly #topology: 'ensure' | 'validate' | 'assume';
  readonly #source: string;
  readonly #middleware: readonly Middleware[];
  readonly #clock: Clock;
  readonly #random: () => number;
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
    this.#source = options.source ?? 'isostream';
    this.#middleware = options.middleware ?? [];
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#health = new HealthCheck(adapter, options.topics[0]?.name, this.#clock, (error) => {
      // What a client that closes is told says nothing about the service.
      if (this.#closing === undefined) this.observer.client(error === undefined ? 'connected' : 'unreachable', error);
    });
    this.#letters = new LetterDesk({
      adapter,
      clock: this.#clock,
      ended: this.#ended.signal,
      checkOpen: () => this.#checkOpen(),
      createWriter: (topic) => this.#writer(topic),
    });
    this.observer = new ClientObserver(adapter.name, options.logger, this.#clock);
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
    const middleware = [...this.#middleware, ...(options?.middleware ?? [])].filter(isFor<SendMiddleware<Input>>);
    const codec = this.#codec(topic);
    const writer = this.#writer(topic.name, options);
    const producer: TopicProducer<Input> = new TopicProducer<Input>(
      writer,
      (input) => codec.encode(input),
      this.#clock,
      () => {
        this.#producers.delete(producer);
        this.#watchedProducers.delete(producer);
      },
      sendChain(middleware, this.#scope(topic)),
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
    const settings = resolveConsumerOptions(options, {
      isRaw: topic.events === undefined,
      commitIntervalMs: this.#adapter.capabilities.commitIntervalMs,
    });
    checkMiddleware(options.middleware, ['handle'], 'consumer');
    const from = startingAt(options.from ?? 'earliest');
    const { group, clientId = `isostream-${randomUUID().slice(0, 8)}` } = options;
    checkConsumer(this.#adapter, { ...options, from });
    const codec = this.#codec(topic, settings.handlerTimeoutMs);
    const letters =
      settings.onFailure === 'dead-letter' || settings.onUnknownType === 'dead-letter'
        ? deadLetterTopic(topic, group, this.#adapter.capabilities)
        : undefined;
    const attempts = this.#attempts(`consumer of topic "${topic.name}", group "${group}"`);
    let writer: Writer | undefined;
    const who = { topic: topic.name, group, member: clientId };
    const consumer: TopicConsumer<Output> = new TopicConsumer<Output>({
      types: eventTypes(topic),
      decode: (stored) => decodeStored(codec, stored),
      clock: this.#clock,
      drainTimeoutMs: settings.drainTimeoutMs,
      around: this.#around(topic, options.middleware),
      prepare: async (signal) => {
        if (topic.events !== undefined && !isPortableGroup(group))
          await retrying(() => checkExists(this.#adapter, topic.name, group, signal), { ...attempts, signal });
        if (letters !== undefined)
          await retrying(() => prepareLetters(letters, (each) => this.prepare(each, signal)), { ...attempts, signal });
      },
      handlerTimeoutMs: settings.handlerTimeoutMs,
      changed: this.observer.consumer(who),
      engine: new Engine({
        ...who,
        source: retryingMember(
          () => this.#adapter.createSource({ topic: topic.name, group, from, clientId }),
          attempts,
        ),
        settlement: this.#adapter.capabilities.settlement,
        settings,
        clock: this.#clock,
        random: this.#random,
        deadLetter: (stored, context) => {
          if (letters === undefined)
            return Promise.reject(new StreamError('internal', 'no dead-letter topic', { where: 'consumer' }));
          writer ??= this.#writer(letters.name, { deliveryTimeout: '30s' });
          const details = { ...context, topic: topic.name, group, now: this.#clock.now() };
          return writeLetter(writer, stored, details, this.#adapter.capabilities);
        },
      }),
      // The engine has let go of its letters: whoever gets their events writes them anew.
      dispose: async () => {
        await writer?.close(0);
        this.#consumers.delete(consumer);
        this.#watchedConsumers.delete(consumer);
      },
    });
    this.#consumers.add(consumer);
    this.#watchedConsumers.set(consumer, { topic: topic.name, group });
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
    const codec = this.#codec(topic, settings.handlerTimeoutMs);
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
          source: new RangeSource(open, this.#attempts(`replay of topic "${topic.name}"`)),
          settlement: 'watermark',
          settings,
          clock: this.#clock,
          random: this.#random,
          deadLetter: () =>
            Promise.reject(new StreamError('internal', 'a replay has no dead letters', { where: 'replay' })),
          ...(key === undefined ? {} : { accept: (stored) => isOfKey(stored, key) }),
        }),
      drainTimeoutMs: settings.drainTimeoutMs,
      around: this.#around(topic),
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

  /** Half of what a handler may take is left for the data codec, so that a slow registry is never taken for a failed attempt. */
  #codec<Input, Output>(
    topic: Topic<Input, Output>,
    handlerTimeoutMs = 20_000,
  ): ReturnType<typeof createCodec<Input, Output>> {
    const { capabilities } = this.#adapter;
    const decodeMs = Math.min(10_000, handlerTimeoutMs / 2);
    return createCodec(topic, { capabilities, source: this.#source, clock: this.#clock, decodeMs });
  }

  #scope(topic: { readonly name: string }): MiddlewareScope {
    return { topic: topic.name, provider: this.#adapter.name, capabilities: this.#adapter.capabilities };
  }

  #around<Event>(
    topic: { readonly name: string },
    own: readonly HandleMiddleware<Event>[] = [],
  ): (handler: Handler<Event>) => Handler<Event> {
    const middleware = [...this.#middleware, ...own].filter(isFor<HandleMiddleware<Event>>);
    return (handler) => withMiddleware(middleware, this.#scope(topic), handler);
  }

  /** How whatever starts waits for a service that is away. */
  #attempts(what: string): Omit<Retrying, 'signal'> {
    const { name: where } = this.#adapter;
    const warnings = new Warnings(where, this.#clock);
    return { what, where, warnings, clock: this.#clock, random: this.#random };
  }

  #writer(topic: string, options?: ProducerOptions): Writer {
    this.observer.writes(topic);
    return new Writer(
      topic,
      this.#adapter.createSink(topic),
      resolveProducerOptions(options),
      this.#clock,
      this.#random,
    );
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
