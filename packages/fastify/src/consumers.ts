import type { FastifyBaseLogger } from 'fastify';
import type { Consumer, ConsumerOptions, HandleMiddleware, Streams, Topic, Within } from 'isostream';

/** Consumers of an application, which begin when it is ready. */
export class Consumers {
  readonly #streams: Streams;
  readonly #log: FastifyBaseLogger;
  readonly #waiting: (() => void)[] = [];
  #isReady = false;

  constructor(streams: Streams, log: FastifyBaseLogger) {
    this.#streams = streams;
    this.#log = log;
  }

  add<Input, Output>(
    topic: Topic<Input, Output>,
    options: ConsumerOptions & Within<HandleMiddleware<NoInfer<Output>>>,
    handler: Parameters<Consumer<Output>['run']>[0],
  ): Consumer<Output> {
    const consumer = this.#streams.consumer(topic, options);
    const begin = (): void => {
      // Whoever awaits `ready` is told of a failure there; it is logged here.
      consumer.ready.catch(() => undefined);
      consumer.run(handler).catch((err: unknown) => {
        const about = { err, topic: topic.name, group: options.group };
        this.#log.error(about, 'a consumer of isostream has stopped; restart the process once the cause is removed');
      });
    };
    if (this.#isReady) begin();
    else this.#waiting.push(begin);
    return consumer;
  }

  start(): void {
    this.#isReady = true;
    for (const begin of this.#waiting.splice(0)) begin();
  }
}
