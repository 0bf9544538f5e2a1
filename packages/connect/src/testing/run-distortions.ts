import type { Consumer, ConsumerOptions, Streams } from '@isostream/core';

/** A wrong version of the runner, by what it does with its consumers. */
export interface RunDistortion {
  readonly name: string;
  /** The check that has to see it. */
  readonly killedBy: string;
  readonly streams: (streams: Streams) => Streams;
}

/** Streams whose consumers have other options, or another `run`. */
function overConsumers(
  streams: Streams,
  options: Partial<ConsumerOptions>,
  change: <Event>(consumer: Consumer<Event>) => void = () => undefined,
): Streams {
  return {
    adapter: streams.adapter,
    admin: streams.admin,
    producer: (topic, given) => streams.producer(topic, given),
    consumer: (topic, given) => {
      const consumer = streams.consumer(topic, { ...given, ...options });
      change(consumer);
      return consumer;
    },
    replay: (topic, given) => streams.replay(topic, given),
    redrive: (topic, given) => streams.redrive(topic, given),
    discard: (topic, given) => streams.discard(topic, given),
    deadLetters: (topic, given) => streams.deadLetters(topic, given),
    health: () => streams.health(),
    close: (given) => streams.close(given),
    [Symbol.asyncDispose]: () => streams.close(),
  };
}

/** Versions of the runner that are wrong in one way. */
export const runDistortions: readonly RunDistortion[] = [
  {
    name: 'commits what it has only read',
    killedBy: 'while its target is away a connector waits, and goes on by itself',
    streams: (streams) =>
      overConsumers(streams, {}, (consumer) => {
        const run = consumer.run.bind(consumer);
        consumer.run = (handler, options) =>
          run((event, context) => {
            if (typeof handler === 'function') void Promise.resolve(handler(event, context)).catch(() => undefined);
          }, options);
      }),
  },
  {
    name: 'reads ahead without a bound',
    killedBy: 'what is read ahead of a slow target is bounded, and calls neither overlap nor hold a key twice',
    streams: (streams) => overConsumers(streams, { maxInFlight: { events: 100_000 } }),
  },
  {
    name: 'gives a record up after one attempt',
    killedBy: 'while its target is away a connector waits, and goes on by itself',
    streams: (streams) => overConsumers(streams, { retry: { attempts: 1 }, onFailure: 'skip' }),
  },
];
