import { StreamError } from '../errors/stream-error.ts';
import type { Observations } from '../observe/channels.ts';
import { absentCalls } from '../options/absent.ts';
import { checkCall, checkNames } from '../options/checks.ts';
import type { CloseOptions } from '../produce/options.ts';
import { toMilliseconds } from '../units/units.ts';
import { DeliveryStream } from './delivery-stream.ts';
import type { Engine } from './engine.ts';
import type { Batch, BatchOptions, Delivery, Handler } from './options.ts';
import { delivering, type View, viewOf, viewOfBatches, type ViewParts } from './views.ts';

export interface ConsumerParts<Event> extends ViewParts<Event> {
  /** Topics that must be there before the first event is read. */
  readonly prepare: (signal: AbortSignal) => Promise<void>;
  readonly engine: Engine;
  /** Lets go of what only this consumer used. */
  readonly dispose: () => Promise<void>;
  readonly drainTimeoutMs: number;
  /** Told of each change of its state. */
  readonly changed?: (state: Observations['consume:state']['state'], error?: StreamError) => void;
}

export type ConsumerState = 'idle' | 'joining' | 'running' | 'paused' | 'closing' | 'failed';

const habits = [
  ['connect', 'a consumer has no connect(): it joins its group with run(), runBatch() or stream(). Leave the call out'],
  ['subscribe', 'a consumer has no subscribe(): its topic is given by streams.consumer(topic, …). Leave the call out'],
  ['on', 'a consumer has no events to listen to. Give the handler to run()'],
  ['disconnect', 'a consumer has no disconnect(). Call close(), which lets running handlers finish'],
  [
    Symbol.asyncIterator,
    'a consumer is not iterable, its stream is. Write: for await (const delivery of consumer.stream())',
  ],
] as const;

/** What applications receive with: three views of one engine, each with the same promises. */
export class TopicConsumer<Event> {
  static {
    Object.defineProperties(this.prototype, absentCalls('consumer', habits));
  }

  readonly #parts: ConsumerParts<Event>;
  readonly #abort = new AbortController();
  readonly #engine: Engine;
  #running: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
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
    this.#parts = { isPaused: () => parts.engine.isPaused, ...parts };
    this.#engine = parts.engine;
    // Whoever does not ask is told by `run`.
    this.ready.catch(() => undefined);
  }

  get assignments(): readonly string[] {
    return this.#engine.assignments;
  }

  /** Where it is between its making and its end; `failed` stays until it is closed. */
  get state(): ConsumerState {
    if (this.#failure !== undefined) return 'failed';
    if (this.#closing !== undefined) return 'closing';
    if (this.#running === undefined) return 'idle';
    if (!this.#wasReady) return 'joining';
    return this.#engine.isPaused ? 'paused' : 'running';
  }

  /** It held its share of the group once. */
  get hasJoined(): boolean {
    return this.#wasReady;
  }

  /** What ended it. */
  get failure(): StreamError | undefined {
    return this.#failure;
  }

  get handlers(): Engine['handlers'] {
    return this.#engine.handlers;
  }

  get inFlight(): { readonly events: number; readonly bytes: number } {
    return this.#engine.inFlight;
  }

  /** A handler, or one for each event type. */
  run(handler: Handler<Event> | object, options?: { readonly signal?: AbortSignal }): Promise<void> {
    try {
      checkCall(options, [], 'consumer');
      return this.#begin(viewOf(this.#parts, handler, 'consumer'), options?.signal);
    } catch (thrown) {
      return Promise.reject(StreamError.from(thrown, 'consumer'));
    }
  }

  /** Batches of different keys; all that are out together hold at most `maxEvents` events. */
  runBatch(
    handler: (batch: Batch<Event>) => unknown,
    options: BatchOptions & { readonly signal?: AbortSignal } = {},
  ): Promise<void> {
    try {
      return this.#begin(viewOfBatches(this.#parts, handler, options, 'consumer'), options.signal);
    } catch (thrown) {
      return Promise.reject(StreamError.from(thrown, 'consumer'));
    }
  }

  /** Events are handed out as they are asked for; leaving the loop closes the consumer. */
  stream(options?: { readonly signal?: AbortSignal }): AsyncIterableIterator<Delivery<Event>> {
    checkCall(options, [], 'consumer');
    const stream = new DeliveryStream<Event>(
      (deliveries) => this.#engine.demand(deliveries),
      () => {
        const closed = this.close();
        // Nobody will ask for another delivery: the drain waits for those that are out, and for no event that was not started.
        this.#engine.pause();
        return closed;
      },
    );
    const running = this.#begin({ deliver: delivering(this.#parts, stream.handle) }, options?.signal, 0);
    running.then(
      () => stream.finish({}),
      (error: unknown) => stream.finish({ error }),
    );
    return stream;
  }

  pause(): void {
    this.#engine.pause();
  }

  resume(): void {
    this.#engine.resume();
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
    this.#parts.changed?.('closing');
    await this.#engine.close(deadlineMs);
    await this.#running?.catch(() => undefined);
    await this.#parts.dispose();
    this.#parts.changed?.('closed');
    this.#isOver(consumerError('closed', 'the consumer was closed before it held its share'));
  }

  #begin(view: View, signal: AbortSignal | undefined, demand = Infinity): Promise<void> {
    if (this.#closing !== undefined)
      return Promise.reject(consumerError('closed', 'the consumer is closed. Create a new one'));
    if (this.#running !== undefined)
      return Promise.reject(
        consumerError('invalid-config', 'a consumer runs once. Create another one with the same group'),
      );
    this.#engine.demand(demand);
    void this.#engine.whenReady.then(() => {
      this.#wasReady = true;
      this.#parts.changed?.('running');
      this.#isReady();
    });
    this.#parts.changed?.('joining');
    this.#running = this.#run(view, signal);
    return this.#running;
  }

  async #run({ deliver, limits }: View, signal: AbortSignal | undefined): Promise<void> {
    const stop = (): void => void this.close();
    signal?.addEventListener('abort', stop, { once: true });
    if (signal?.aborted === true) stop();
    try {
      await this.#parts.prepare(this.#abort.signal);
      if (!this.#abort.signal.aborted) await this.#engine.run(deliver, limits);
    } catch (thrown) {
      const error = StreamError.from(thrown, 'consumer');
      this.#isOver(error);
      if (!this.#abort.signal.aborted || this.#engine.failed) {
        this.#failure = error;
        this.#parts.changed?.('failed', error);
        throw thrown;
      }
    } finally {
      this.#isOver(consumerError('closed', 'the consumer ended before it held its share'));
      signal?.removeEventListener('abort', stop);
    }
  }
}

function consumerError(code: 'invalid-config' | 'closed', message: string): StreamError {
  return new StreamError(code, message, { where: 'consumer' });
}
