import { createCodec } from '../codec/create-codec.ts';
import { withMiddleware, type HandleMiddleware } from '../consume/middleware.ts';
import type { Handler } from '../consume/options.ts';
import type { Adapter } from '../contract/adapter.ts';
import type { Topic } from '../model/define-topic.ts';
import { Warnings } from '../observe/warnings.ts';
import { isFor, sendChain, type MiddlewareScope, type SendMiddleware } from '../produce/middleware.ts';
import type { ProducerOptions } from '../produce/options.ts';
import { resolveProducerOptions } from '../produce/settings.ts';
import { Writer } from '../produce/writer.ts';
import type { Retrying } from '../retry/retrying.ts';
import { systemClock, type Clock } from '../time/clock.ts';
import type { ClientObserver } from './client-observer.ts';
import type { Middleware, StreamsOptions } from './types.ts';

/** What a client's consumers, producers and replays are made of: all that follows from its adapter and its options. */
export class ClientParts {
  readonly adapter: Adapter;
  readonly clock: Clock;
  readonly random: () => number;
  readonly observer: ClientObserver;
  readonly #source: string;
  readonly #middleware: readonly Middleware[];

  constructor(adapter: Adapter, options: StreamsOptions, observer: ClientObserver) {
    this.adapter = adapter;
    this.clock = options.clock ?? systemClock;
    this.random = options.random ?? Math.random;
    this.observer = observer;
    this.#source = options.source ?? 'isostream';
    this.#middleware = options.middleware ?? [];
  }

  /** Half of what a handler may take is left for the data codec, so that a slow registry is never taken for a failed attempt. */
  codec<Input, Output>(
    topic: Topic<Input, Output>,
    handlerTimeoutMs = 20_000,
  ): ReturnType<typeof createCodec<Input, Output>> {
    const { capabilities } = this.adapter;
    const decodeMs = Math.min(10_000, handlerTimeoutMs / 2);
    return createCodec(topic, { capabilities, source: this.#source, clock: this.clock, decodeMs });
  }

  #scope(topic: { readonly name: string }): MiddlewareScope {
    return { topic: topic.name, provider: this.adapter.name, capabilities: this.adapter.capabilities };
  }

  /** What stands around a send: the client's middleware, then the producer's own. */
  sending<Input>(
    topic: { readonly name: string },
    own: readonly SendMiddleware<Input>[] = [],
  ): ReturnType<typeof sendChain<Input>> {
    const middleware = [...this.#middleware, ...own].filter(isFor<SendMiddleware<Input>>);
    return sendChain(middleware, this.#scope(topic));
  }

  /** What stands around a handler, in the same way. */
  around<Event>(
    topic: { readonly name: string },
    own: readonly HandleMiddleware<Event>[] = [],
  ): (handler: Handler<Event>) => Handler<Event> {
    const middleware = [...this.#middleware, ...own].filter(isFor<HandleMiddleware<Event>>);
    return (handler) => withMiddleware(middleware, this.#scope(topic), handler);
  }

  /** How whatever starts waits for a service that is away. */
  attempts(what: string): Omit<Retrying, 'signal'> {
    const { name: where } = this.adapter;
    const warnings = new Warnings(where, this.clock);
    return { what, where, warnings, clock: this.clock, random: this.random };
  }

  /** One that writes to the topic, and is observed. */
  writer(topic: string, options?: ProducerOptions): Writer {
    this.observer.writes(topic);
    return new Writer(topic, this.adapter.createSink(topic), resolveProducerOptions(options), this.clock, this.random);
  }
}
