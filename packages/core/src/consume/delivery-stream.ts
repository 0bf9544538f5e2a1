import { messageOf } from '../errors/message-of.ts';
import { NonRetryableError } from '../errors/stream-error.ts';
import type { Delivery, Handler } from './options.ts';

interface Pull<Event> {
  readonly resolve: (result: IteratorResult<Delivery<Event>, undefined>) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Hands events out one by one to whoever asks, as a handler that settles when its delivery does.
 * `demand` is told how many deliveries may be out: those that are, and those that somebody waits for.
 */
export class DeliveryStream<Event> implements AsyncIterableIterator<Delivery<Event>, undefined> {
  readonly #demand: (deliveries: number) => void;
  readonly #close: () => Promise<void>;
  readonly #pulls: Pull<Event>[] = [];
  #outstanding = 0;
  #end: { readonly error?: unknown } | undefined;

  constructor(demand: (deliveries: number) => void, close: () => Promise<void>) {
    this.#demand = demand;
    this.#close = close;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Delivery<Event>, undefined>> {
    if (this.#end !== undefined) return this.#ended(this.#end);
    return new Promise((resolve, reject) => {
      this.#pulls.push({ resolve, reject });
      this.#tell();
    });
  }

  /** Leaving the loop closes the consumer: what was not settled comes again. */
  async return(): Promise<IteratorResult<Delivery<Event>, undefined>> {
    this.finish({});
    await this.#close();
    return { done: true, value: undefined };
  }

  /** The engine's side. A timeout or a lost lease takes the delivery back, as its signal says. */
  readonly handle: Handler<Event> = (event, context) =>
    new Promise<void>((settle, fail) => {
      // Taken back while it was decoded: its abort has passed, and whoever waits gets the next.
      if (context.signal.aborted) return fail(context.signal.reason);
      const pull = this.#pulls.shift();
      if (pull === undefined) return fail(new Error('nobody asked for this delivery'));
      this.#outstanding++;
      let open = true;
      const once = (end: () => void): void => {
        if (!open) return;
        open = false;
        context.signal.removeEventListener('abort', takeBack);
        this.#outstanding--;
        end();
        this.#tell();
      };
      const takeBack = (): void => once(() => fail(context.signal.reason));
      context.signal.addEventListener('abort', takeBack, { once: true });
      const value: Delivery<Event> = {
        event,
        context,
        ack: () => once(settle),
        retry: (error) => once(() => fail(error)),
        deadLetter: (error) => once(() => fail(nonRetryable(error))),
      };
      pull.resolve({ done: false, value });
    });

  /** No more deliveries: those who wait learn it, with the error that ended the consumer if there is one. */
  finish(end: { readonly error?: unknown }): void {
    this.#end ??= end;
    for (const pull of this.#pulls.splice(0)) this.#ended(this.#end).then(pull.resolve, pull.reject);
    // They ask for nothing any more: an attempt that is started for them would have failed before anybody saw it.
    this.#tell();
  }

  async #ended(end: { readonly error?: unknown }): Promise<IteratorResult<Delivery<Event>, undefined>> {
    // The error is thrown once; after it the stream is simply over.
    this.#end = {};
    const failure: unknown = end.error;
    if (end.error !== undefined) throw failure;
    return { done: true, value: undefined };
  }

  #tell(): void {
    this.#demand(this.#outstanding + this.#pulls.length);
  }
}

function nonRetryable(error: unknown): NonRetryableError {
  if (NonRetryableError.is(error)) return error;
  return new NonRetryableError(messageOf(error), { cause: error });
}
