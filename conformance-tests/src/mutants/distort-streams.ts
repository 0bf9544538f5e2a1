import {
  type CloseOptions,
  type Delivery,
  type Producer,
  type Consumer,
  type ConsumerOptions,
  type DataCodec,
  defineTopic,
  type DiscardOptions,
  type Handler,
  type HandlerContext,
  type Health,
  type ProducerOptions,
  type RedriveOptions,
  type ReplayOptions,
  type SendOptions,
  type SendResult,
  type Streams,
  type StreamsAdmin,
} from '@isostream/core';
import { deadLetterName } from '@isostream/core/adapter';

type AnyHandler = Handler<unknown>;
type AnyTopic = Parameters<Streams['consumer']>[0];

/** Where a wrong consumer finds itself. */
export interface Surroundings {
  /** The client as it is. */
  readonly streams: Streams;
  readonly topic: AnyTopic;
  readonly isClosing: () => boolean;
}

/** What is wrong with a client's consumers. */
export interface ConsumerChanges {
  readonly options?: (options: ConsumerOptions) => ConsumerOptions;
  readonly handler?: (handler: AnyHandler, around: Surroundings) => AnyHandler;
  readonly pause?: (consumer: Consumer<unknown>) => void;
  /** Called before the consumer closes. */
  readonly onClose?: () => void;
}

/** The client itself, but for its consumers. */
export function withConsumers(streams: Streams, changes: ConsumerChanges): Streams {
  return withOther(streams, 'consumer', (topic: AnyTopic, options: ConsumerOptions) =>
    distorted(streams.consumer(topic, changes.options?.(options) ?? options), changes, streams, topic),
  );
}

function withEachConsumer(streams: Streams, change: (consumer: Consumer<unknown>) => Consumer<unknown>): Streams {
  return withOther(streams, 'consumer', (topic: AnyTopic, options: ConsumerOptions) =>
    change(streams.consumer(topic, options)),
  );
}

function withEachProducer(streams: Streams, change: (producer: AnyProducer) => AnyProducer): Streams {
  return withOther(streams, 'producer', (topic: AnyTopic, options?: ProducerOptions) =>
    change(streams.producer(topic, options)),
  );
}

/** The client itself, but for what its consumers wait for before they run. */
export function withRuns(streams: Streams, before: () => Promise<void>): Streams {
  return withEachConsumer(streams, (consumer) =>
    withOther(consumer, 'run', async (...given: Parameters<typeof consumer.run>) => {
      await before();
      await consumer.run(...given);
    }),
  );
}

/** The client itself, whose consumers take every error of a data codec for one of the bytes. */
export function withHastyCodecs(streams: Streams): Streams {
  return withOther(streams, 'consumer', (topic: AnyTopic, options: ConsumerOptions) => {
    const { codec } = topic;
    if (codec === undefined) return streams.consumer(topic, options);
    const hasty: DataCodec = {
      name: codec.name,
      contentTypes: codec.contentTypes,
      headers: codec.headers ?? [],
      encode: (data, about) => codec.encode(data, about),
      async decode(bytes, about): Promise<unknown> {
        try {
          return await codec.decode(bytes, about);
        } catch (cause) {
          throw new Error('unreadable', { cause });
        }
      },
    };
    return streams.consumer({ ...topic, codec: hasty }, options);
  });
}

/** The client itself, whose consumers run whatever their signal says. */
export function withDeafRuns(streams: Streams): Streams {
  return withEachConsumer(streams, (consumer) =>
    withOther(consumer, 'run', (handler: AnyHandler) => consumer.run(handler)),
  );
}

/** The client itself, whose streams settle the delivery with which a loop is left. */
export function withLeftLoopsSettled(streams: Streams): Streams {
  return withEachConsumer(streams, (consumer) =>
    withOther(consumer, 'stream', async function* (...given: Parameters<typeof consumer.stream>) {
      for await (const delivery of consumer.stream(...given)) {
        let isLeft = true;
        try {
          yield delivery;
          isLeft = false;
        } finally {
          if (isLeft) delivery.ack();
        }
      }
    }),
  );
}

/** The client itself, where another member joins the group of a consumer for as long as that is paused. */
export function withRivalsWhilePaused(streams: Streams): Streams {
  return withOther(streams, 'consumer', (topic: AnyTopic, options: ConsumerOptions) => {
    const consumer = streams.consumer(topic, options);
    let rival: Consumer<unknown> | undefined;
    const paused = withOther(consumer, 'pause', () => {
      consumer.pause();
      rival = streams.consumer(topic, options);
      rival.pause();
      void rival.run(() => undefined);
    });
    return withOther(paused, 'resume', () => {
      void rival?.close();
      consumer.resume();
    });
  });
}

/** The client itself, whose consumers are ready with this. */
export function withReady(streams: Streams, ready: Promise<void>): Streams {
  return withEachConsumer(streams, (consumer) => withOther(consumer, 'ready', ready));
}

/** The client itself, but for the options of its producers. */
export function withProducers(streams: Streams, change: (options: ProducerOptions) => ProducerOptions): Streams {
  return withOther(streams, 'producer', (topic: AnyTopic, options: ProducerOptions = {}) =>
    streams.producer(topic, change(options)),
  );
}

/** The client itself, but for the options of single sends. */
export function withSends(streams: Streams, change: (options: SendOptions) => SendOptions): Streams {
  return withEachProducer(streams, (producer) =>
    withOther(producer, 'send', (event: Parameters<typeof producer.send>[0], given: SendOptions = {}) =>
      producer.send(event, change(given)),
    ),
  );
}

/** The client itself, which tells of each producer that it makes. */
export function withEveryProducer(streams: Streams, made: (producer: Producer<unknown>) => void): Streams {
  return withEachProducer(streams, (producer) => {
    made(producer);
    return producer;
  });
}

/** The client itself, whose handlers of batches never fail. */
export function withSwallowedBatches(streams: Streams): Streams {
  return withEachConsumer(streams, (consumer) =>
    withOther(consumer, 'runBatch', (...[handler, settings]: Parameters<typeof consumer.runBatch>) =>
      consumer.runBatch(async (batch) => {
        try {
          await handler(batch);
        } catch {
          // That is what is wrong.
        }
      }, settings),
    ),
  );
}

/** The client itself, whose consumers close as this says, and not as they are told. */
export function withConsumerClose(streams: Streams, options: CloseOptions): Streams {
  return withEachConsumer(streams, (consumer) => withOther(consumer, 'close', () => consumer.close(options)));
}

/** The client itself, whose handlers of batches cannot say which events failed. */
export function withPartialFailuresSwallowed(streams: Streams): Streams {
  return withEachConsumer(streams, (consumer) =>
    withOther(consumer, 'runBatch', (...[handler, settings]: Parameters<typeof consumer.runBatch>) =>
      consumer.runBatch((batch) => handler(withOther(batch, 'fail', () => undefined)), settings),
    ),
  );
}

/** The client itself, but for the deliveries of its streams. */
export function withDeliveries(streams: Streams, change: (delivery: Delivery<unknown>) => Delivery<unknown>): Streams {
  return withEachConsumer(streams, (consumer) =>
    withOther(consumer, 'stream', async function* (settings: Parameters<typeof consumer.stream>[0]) {
      for await (const delivery of consumer.stream(settings)) yield change(delivery);
    }),
  );
}

/** The client itself, but for how it closes. */
export function withClose(
  streams: Streams,
  close: (producers: readonly Producer<unknown>[], options?: CloseOptions) => Promise<void>,
): Streams {
  const producers: Producer<unknown>[] = [];
  const kept = withEveryProducer(streams, (producer) => void producers.push(producer));
  return withOther(kept, 'close', (options?: CloseOptions) => close(producers, options));
}

/** The client itself, but for some calls of its administration. */
export function withAdministration(streams: Streams, changes: Partial<StreamsAdmin>): Streams {
  const { admin } = streams;
  const changed = new Proxy(admin, {
    get(target, property): unknown {
      const value: unknown = Reflect.get(changes, property) ?? Reflect.get(target, property, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  return withOther(streams, 'admin', changed);
}

/** The client itself, but that its producers get each event only later. */
export function withLateSends(streams: Streams): Streams {
  return withEachProducer(streams, (producer) =>
    withOther(producer, 'send', async (...given: Parameters<typeof producer.send>) => {
      await Promise.resolve();
      return producer.send(...given);
    }),
  );
}

type AnyProducer = ReturnType<Streams['producer']>;

/** The client itself, but for some calls of its producers. */
export function withProducerCalls(
  streams: Streams,
  change: (producer: AnyProducer) => Partial<Pick<AnyProducer, 'send' | 'flush' | 'close' | 'resumeKey'>>,
): Streams {
  return withEachProducer(streams, (producer) => {
    const { send, flush, close, resumeKey } = change(producer);
    const sending = send === undefined ? producer : withOther(producer, 'send', send);
    const flushing = flush === undefined ? sending : withOther(sending, 'flush', flush);
    const closing = close === undefined ? flushing : withOther(flushing, 'close', close);
    return resumeKey === undefined ? closing : withOther(closing, 'resumeKey', resumeKey);
  });
}

/** The client itself, but for what `sendBatch` answers. */
export function withBatchResults(
  streams: Streams,
  change: (results: readonly SendResult[]) => readonly SendResult[],
): Streams {
  return withEachProducer(streams, (producer) =>
    withOther(producer, 'sendBatch', async (...given: Parameters<typeof producer.sendBatch>) =>
      change(await producer.sendBatch(...given)),
    ),
  );
}

/** The client itself, but for what the handlers of its replays are called for. */
export function withReplays(
  streams: Streams,
  change: (handler: AnyHandler, options: ReplayOptions) => AnyHandler,
): Streams {
  return withOther(streams, 'replay', (topic: AnyTopic, options: ReplayOptions) => {
    const replay = streams.replay(topic, options);
    return withOther(replay, 'run', (handler: AnyHandler, settings: Parameters<typeof replay.run>[1]) =>
      replay.run(change(handler, options), settings),
    );
  });
}

/** The client itself, but for what it says of its health. */
export function withHealth(streams: Streams, change: (health: Health) => Health | Promise<Health>): Streams {
  return withOther(streams, 'health', async () => change(await streams.health()));
}

/** The client itself, but that a replay does something more once it has ended. */
export function withReplaysEnd(
  streams: Streams,
  more: (topic: AnyTopic, options: ReplayOptions, handler: AnyHandler) => Promise<void>,
): Streams {
  return withOther(streams, 'replay', (topic: AnyTopic, options: ReplayOptions) => {
    const replay = streams.replay(topic, options);
    return withOther(replay, 'run', async (handler: AnyHandler, settings: Parameters<typeof replay.run>[1]) => {
      const result = await replay.run(handler, settings);
      await more(topic, options, handler);
      return result;
    });
  });
}

/** The client itself, but that a redrive passes over every letter that any marker names. */
export function withMarkersBelieved(streams: Streams): Streams {
  return withOther(streams, 'redrive', async (topic: AnyTopic, options: RedriveOptions) => {
    const marked = new Set<string>();
    const letters = defineTopic(deadLetterName(topic.name, options.group), { raw: true });
    await streams.replay(letters, { from: 'earliest' }).run(({ headers }) => {
      for (const [name, value] of headers) if (name === 'isostream-redriven') marked.add(Buffer.from(value).toString());
    });
    const { where = () => true } = options;
    return streams.redrive(topic, { ...options, where: (letter) => !marked.has(letter.id) && where(letter) });
  });
}

/** The client itself, which says that letters are discarded and leaves them. */
export function withDiscardsPretended(streams: Streams): Streams {
  return withOther(streams, 'discard', (topic: AnyTopic, options: DiscardOptions) =>
    streams.discard(topic, { ...options, dryRun: true }),
  );
}

/** The client itself, which sends letters back as they were. */
export function withEditsForgotten(streams: Streams): Streams {
  return withOther(streams, 'redrive', (topic: AnyTopic, options: RedriveOptions) =>
    streams.redrive(topic, { ...options, edit: ({ original }) => original }),
  );
}

function distorted(
  consumer: Consumer<unknown>,
  { handler: changeHandler, pause, onClose }: ConsumerChanges,
  streams: Streams,
  topic: AnyTopic,
): Consumer<unknown> {
  let closing = false;
  const around = { streams, topic, isClosing: () => closing };
  const change = (handler: AnyHandler): AnyHandler => changeHandler?.(handler, around) ?? handler;
  const ran = withOther(consumer, 'run', (...[handler, settings]: Parameters<typeof consumer.run>) =>
    consumer.run(change(handler), settings),
  );
  const paused = pause === undefined ? ran : withOther(ran, 'pause', () => pause(consumer));
  return withOther(paused, 'close', (options: Parameters<typeof consumer.close>[0]) => {
    closing = true;
    onClose?.();
    return consumer.close(options);
  });
}

/** The context itself, but for what is given. */
export function contextWith(
  context: HandlerContext,
  changes: Partial<Pick<HandlerContext, 'attempt' | 'signal'>>,
): HandlerContext {
  const changed: Partial<Record<PropertyKey, unknown>> = changes;
  return new Proxy(context, {
    get: (target, property): unknown => changed[property] ?? Reflect.get(target, property, target),
  });
}

/** The object itself, but for one method. Methods are bound: what they are taken from has private fields. */
export function withOther<Item extends object>(item: Item, name: keyof Item, method: unknown): Item {
  return new Proxy(item, {
    get(target, property): unknown {
      if (property === name) return method;
      const value: unknown = Reflect.get(target, property, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
