import type { Decoded } from '../codec/codec.ts';
import { StreamError } from '../errors/stream-error.ts';
import type { StoredEvent } from '../model/encoded.ts';
import { checkCall, checkNames, checkSignal, refused, whole } from '../options/checks.ts';
import type { CloseOptions } from '../produce/options.ts';
import { DecodeFailure } from '../retry/policy.ts';
import type { Clock } from '../time/clock.ts';
import { toMilliseconds } from '../time/units.ts';
import { DeliveryStream } from './delivery-stream.ts';
import type { Engine } from './engine.ts';
import type { Batch, BatchOptions, Delivery, Handler, HandlerContext } from './options.ts';
import { batched } from './run-batch.ts';

type Process = (stored: StoredEvent, context: HandlerContext) => unknown;

export interface ConsumerParts<Event> {
  /** The event types that a handler map must name; `undefined` on a raw topic. */
  readonly types: readonly string[] | undefined;
  readonly decode: (stored: StoredEvent) => Decoded<Event> | Promise<Decoded<Event>>;
  /** Topics that must be there before the first event is read. */
  readonly prepare: (signal: AbortSignal) => Promise<void>;
  readonly createEngine: (
    process: Process,
    limits?: { readonly concurrency: number; readonly addTimeoutMs: number },
  ) => Engine;
  /** Lets go of what only this consumer used. */
  readonly dispose: () => Promise<void>;
  readonly clock: Clock;
  readonly drainTimeoutMs: number;
  /** The handler within the middleware. */
  readonly around?: (handler: Handler<Event>) => Handler<Event>;
}

export type ConsumerState = 'idle' | 'joining' | 'running' | 'paused' | 'closing' | 'failed';

/** What applications receive with: three views of one engine, each with the same promises. */
export class TopicConsumer<Event> {
  readonly #parts: ConsumerParts<Event>;
  readonly #abort = new AbortController();
  #engine: Engine | undefined;
  #running: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  #paused = false;
  #wasReady = false;
  #failure: StreamError | undefined;
  #isReady: () => void = () => undefined;
  #isOver: (error: StreamError) => void = () => undefined;
  /** Resolves once this member holds its share; rejects if it ends before, also where it never ran. */
  readonly ready: Promise<void> = new Promise((resolve, reject) => {
    this.#isReady = resolve;
    this.#isOver = reject;
  });

  constructor(parts: ConsumerParts<Event>) {
    this.#parts = parts;
    // Whoever does not ask is told by `run`.
    this.ready.catch(() => undefined);
  }

  get assignments(): readonly string[] {
    return this.#engine?.assignments ?? [];
  }

  /** Where it is between its making and its end; `failed` stays until it is closed. */
  get state(): ConsumerState {
    if (this.#failure !== undefined) return 'failed';
    if (this.#closing !== undefined) return 'closing';
    if (this.#running === undefined) return 'idle';
    if (!this.#wasReady) return 'joining';
    return this.#paused ? 'paused' : 'running';
  }

  /** What ended it. */
  get failure(): StreamError | undefined {
    return this.#failure;
  }

  get handlers(): Engine['handlers'] {
    return this.#engine?.handlers ?? { oldestMs: 0, isStuck: false };
  }

  get inFlight(): { readonly events: number; readonly bytes: number } {
    return this.#engine?.inFlight ?? { events: 0, bytes: 0 };
  }

  /** A handler, or one for each event type. */
  run(handler: Handler<Event> | object, options?: { readonly signal?: AbortSignal }): Promise<void> {
    try {
      checkCall(options, [], 'consumer');
      const handle = isHandler<Event>(handler) ? handler : this.#byType(handler);
      return this.#begin((engine) => engine(this.#process(handle)), options?.signal);
    } catch (thrown) {
      return Promise.reject(StreamError.from(thrown, 'consumer'));
    }
  }

  /** Batches of different keys; all that are out together hold at most `maxEvents` events. */
  runBatch(
    options: BatchOptions & { readonly signal?: AbortSignal },
    handler: (batch: Batch<Event>) => unknown,
  ): Promise<void> {
    try {
      checkNames(options, ['maxEvents', 'maxWait', 'signal'], 'consumer');
      checkSignal(options.signal, 'consumer');
      if (!isHandler(handler))
        throw refused(
          'handler',
          handler,
          'a function of the batch, after the options: runBatch({ maxEvents }, handler)',
          'consumer',
        );
      const maxEvents = whole('maxEvents', options.maxEvents ?? 100, 'consumer');
      const maxWaitMs = toMilliseconds(options.maxWait ?? 250, 'maxWait');
      const process = this.#process(batched({ maxEvents, maxWaitMs, clock: this.#parts.clock }, handler));
      return this.#begin(
        (engine) => engine(process, { concurrency: maxEvents, addTimeoutMs: maxWaitMs }),
        options.signal,
      );
    } catch (thrown) {
      return Promise.reject(StreamError.from(thrown, 'consumer'));
    }
  }

  /** Events are handed out as they are asked for; leaving the loop closes the consumer. */
  stream(options?: { readonly signal?: AbortSignal }): AsyncIterableIterator<Delivery<Event>> {
    checkCall(options, [], 'consumer');
    const stream = new DeliveryStream<Event>(
      (deliveries) => this.#engine?.demand(deliveries),
      () => {
        const closed = this.close();
        // Nobody will ask for another delivery: the drain waits for those that are out, and for no event that was not started.
        this.#engine?.pause();
        return closed;
      },
    );
    const running = this.#begin((engine) => {
      const created = engine(this.#process(stream.handle));
      created.demand(0);
      return created;
    }, options?.signal);
    running.then(
      () => stream.finish({}),
      (error: unknown) => stream.finish({ error }),
    );
    return stream;
  }

  pause(): void {
    this.#paused = true;
    this.#engine?.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#engine?.resume();
  }

  async close(options?: CloseOptions): Promise<void> {
    // A deadline that is refused closes nothing.
    if (options !== undefined) checkNames(options, ['deadline'], 'consumer');
    const deadlineMs =
      options?.deadline === undefined ? this.#parts.drainTimeoutMs : toMilliseconds(options.deadline, 'deadline');
    this.#closing ??= this.#close(deadlineMs);
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(deadlineMs: number): Promise<void> {
    this.#abort.abort(consumerError('closed', 'the consumer is closed. Create a new one'));
    await this.#engine?.close(deadlineMs);
    await this.#running?.catch(() => undefined);
    await this.#parts.dispose();
    this.#isOver(consumerError('closed', 'the consumer was closed before it held its share'));
  }

  #begin(
    create: (engine: ConsumerParts<Event>['createEngine']) => Engine,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    if (this.#closing !== undefined)
      return Promise.reject(consumerError('closed', 'the consumer is closed. Create a new one'));
    if (this.#running !== undefined)
      return Promise.reject(
        consumerError('invalid-config', 'a consumer runs once. Create another one with the same group'),
      );
    this.#engine = create(this.#parts.createEngine);
    if (this.#paused) this.#engine.pause();
    void this.#engine.whenReady.then(() => {
      this.#wasReady = true;
      this.#isReady();
    });
    this.#running = this.#run(this.#engine, signal);
    return this.#running;
  }

  async #run(engine: Engine, signal: AbortSignal | undefined): Promise<void> {
    const stop = (): void => void this.close();
    signal?.addEventListener('abort', stop, { once: true });
    if (signal?.aborted === true) stop();
    try {
      await this.#parts.prepare(this.#abort.signal);
      if (!this.#abort.signal.aborted) await engine.run();
    } catch (thrown) {
      const error = StreamError.from(thrown, 'consumer');
      this.#isOver(error);
      if (!this.#abort.signal.aborted || engine.failed) {
        this.#failure = error;
        throw thrown;
      }
    } finally {
      this.#isOver(consumerError('closed', 'the consumer ended before it held its share'));
      signal?.removeEventListener('abort', stop);
    }
  }

  #process(handler: Handler<Event>): Process {
    const handle = this.#parts.around?.(handler) ?? handler;
    const deliver = (decoded: Decoded<Event>, context: HandlerContext): unknown => {
      if (!decoded.ok) throw new DecodeFailure(decoded.error, decoded.unknownType, decoded.fate);
      return handle(decoded.event, context);
    };
    return (stored, context) => {
      const decoded = this.#parts.decode(stored);
      if (!(decoded instanceof Promise)) return deliver(decoded, context);
      return decoded.then((ready) => {
        // The lane can be lost while a schema takes its time: then the event is somebody else's.
        context.signal.throwIfAborted();
        return deliver(ready, context);
      });
    };
  }

  #byType(handlers: unknown): Handler<Event> {
    const { types } = this.#parts;
    if (typeof handlers !== 'object' || handlers === null)
      throw refused(
        'handler',
        handlers,
        `a function${types === undefined ? '' : ', or an object with a function for each event type'}`,
        'consumer',
      );
    if (types === undefined)
      throw consumerError('invalid-config', 'a raw topic has no event types. Give one handler instead of a map');
    const given = new Map<string, unknown>(Object.entries(handlers));
    const unknown = [...given.keys()].find((name) => !types.includes(name));
    if (unknown !== undefined)
      throw consumerError(
        'invalid-config',
        `a handler for ${JSON.stringify(unknown)}, which the topic does not declare. Its types are ${types.join(', ')}`,
      );
    const table = new Map<string, Handler<Event>>();
    for (const type of types) {
      const handler = given.get(type);
      if (isHandler<Event>(handler)) table.set(type, handler);
      else
        throw consumerError(
          'invalid-config',
          `no handler for ${JSON.stringify(type)}. Give one, or skip to leave these events out`,
        );
    }
    return (event, context) => {
      const type = typeof event === 'object' && event !== null && 'type' in event ? event.type : undefined;
      return table.get(String(type))?.(event, context);
    };
  }
}

function consumerError(code: 'invalid-config' | 'closed', message: string): StreamError {
  return new StreamError(code, message, { where: 'consumer' });
}

function isHandler<Event>(value: unknown): value is Handler<Event> {
  return typeof value === 'function';
}
