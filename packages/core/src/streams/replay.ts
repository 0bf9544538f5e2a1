import type { Decoded } from '../codec/codec.ts';
import type { Engine } from '../consume/engine.ts';
import type { Handler, HandlerContext } from '../consume/options.ts';
import type { StoredEvent } from '../model/encoded.ts';
import type { CloseOptions } from '../produce/options.ts';
import { checkCall, refused } from '../options/checks.ts';
import { DecodeFailure } from '../retry/policy.ts';
import { linkedSignal } from '../time/on-abort.ts';
import { toMilliseconds } from '../time/units.ts';
import { abortedBy } from '../time/wait.ts';

type Process = (stored: StoredEvent, context: HandlerContext) => unknown;

/** What its client has to end, and what then ends it. */
interface Running {
  close(options?: CloseOptions): Promise<void>;
}

export interface ReplayParts<Event> {
  readonly decode: (stored: StoredEvent) => Decoded<Event> | Promise<Decoded<Event>>;
  readonly createEngine: (process: Process) => Engine;
  readonly drainTimeoutMs: number;
  /** The handler within the middleware. */
  readonly around: (handler: Handler<Event>) => Handler<Event>;
  /** Aborted when the client is closed. */
  readonly ended: AbortSignal;
  /** Tells the client of a run; the result says that it is over. */
  readonly track: (running: Running) => () => void;
}

/** A bounded read without a group: the same engine, the same order and retries, nothing committed. */
export class TopicReplay<Event> {
  readonly #parts: ReplayParts<Event>;

  constructor(parts: ReplayParts<Event>) {
    this.#parts = parts;
  }

  async run(
    handler: Handler<Event>,
    options?: { readonly signal?: AbortSignal },
  ): Promise<{ readonly events: number }> {
    checkCall(options, [], 'replay');
    if (typeof handler !== 'function') throw refused('handler', handler, 'a function of the event', 'replay');
    const { decode, createEngine, drainTimeoutMs, ended, track, around } = this.#parts;
    const handle = around(handler);
    const { signal, unlink } = linkedSignal([options?.signal, ended]);
    if (signal.aborted) {
      unlink();
      throw abortedBy(signal);
    }
    const engine = createEngine(async (stored, context) => {
      const decoded = await decode(stored);
      if (!decoded.ok) throw new DecodeFailure(decoded.error, decoded.unknownType, decoded.fate);
      await handle(decoded.event, context);
    });
    const over = track({
      close: ({ deadline } = {}) =>
        engine.close(deadline === undefined ? drainTimeoutMs : toMilliseconds(deadline, 'deadline')),
    });
    const stop = (): void => void engine.close(drainTimeoutMs);
    signal.addEventListener('abort', stop, { once: true });
    try {
      await engine.run();
    } finally {
      over();
      unlink();
    }
    if (signal.aborted) throw abortedBy(signal);
    return { events: engine.handled };
  }
}
