import type { Decoded } from '../codec/codec.ts';
import type { Engine } from '../consume/engine.ts';
import type { Handler, HandlerContext } from '../consume/options.ts';
import type { StoredEvent } from '../model/encoded.ts';
import { DecodeFailure } from '../retry/policy.ts';
import { abortedBy } from '../time/wait.ts';

type Process = (stored: StoredEvent, context: HandlerContext) => unknown;

/** A bounded read without a group: the same engine, the same order and retries, nothing committed. */
export class TopicReplay<Event> {
  readonly #decode: (stored: StoredEvent) => Decoded<Event> | Promise<Decoded<Event>>;
  readonly #createEngine: (process: Process) => Engine;
  readonly #drainTimeoutMs: number;

  constructor(
    decode: (stored: StoredEvent) => Decoded<Event> | Promise<Decoded<Event>>,
    createEngine: (process: Process) => Engine,
    drainTimeoutMs: number,
  ) {
    this.#decode = decode;
    this.#createEngine = createEngine;
    this.#drainTimeoutMs = drainTimeoutMs;
  }

  async run(
    handler: Handler<Event>,
    options?: { readonly signal?: AbortSignal },
  ): Promise<{ readonly events: number }> {
    const signal = options?.signal;
    throwIfAborted(signal);
    const engine = this.#createEngine(async (stored, context) => {
      const decoded = await this.#decode(stored);
      if (!decoded.ok) throw new DecodeFailure(decoded.error);
      await handler(decoded.event, context);
    });
    const stop = (): void => void engine.close(this.#drainTimeoutMs);
    signal?.addEventListener('abort', stop, { once: true });
    try {
      await engine.run();
    } finally {
      signal?.removeEventListener('abort', stop);
    }
    throwIfAborted(signal);
    return { events: engine.handled };
  }
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw abortedBy(signal);
}
