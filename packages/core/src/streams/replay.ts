import { DeliveryStream } from '../consume/delivery-stream.ts';
import type { Engine } from '../consume/engine.ts';
import type { Batch, BatchOptions, Delivery, Handler } from '../consume/options.ts';
import { delivering, type View, viewOf, viewOfBatches, type ViewParts } from '../consume/views.ts';
import { checkCall } from '../options/checks.ts';
import type { CloseOptions } from '../produce/options.ts';
import { linkedSignal } from '../time/on-abort.ts';
import { toMilliseconds } from '../units/units.ts';
import { abortedBy } from '../time/wait.ts';

/** What its client has to end, and what then ends it. */
interface Running {
  close(options?: CloseOptions): Promise<void>;
}

export interface ReplayParts<Event> extends ViewParts<Event> {
  readonly createEngine: () => Engine;
  readonly drainTimeoutMs: number;
  /** Aborted when the client is closed. */
  readonly ended: AbortSignal;
  /** Tells the client of a run; the result says that it is over. */
  readonly track: (running: Running) => () => void;
}

interface Signal {
  readonly signal?: AbortSignal;
}

interface Report {
  readonly events: number;
}

/** A bounded read without a group: the same engine, the same views, order and retries as a consumer, nothing committed. */
export class TopicReplay<Event> {
  readonly #parts: ReplayParts<Event>;

  constructor(parts: ReplayParts<Event>) {
    this.#parts = parts;
  }

  async run(handler: Handler<Event> | object, options?: Signal): Promise<Report> {
    checkCall(options, [], 'replay');
    return this.#run(this.#parts.createEngine(), viewOf(this.#parts, handler, 'replay'), options?.signal);
  }

  async runBatch(handler: (batch: Batch<Event>) => unknown, options: BatchOptions & Signal = {}): Promise<Report> {
    const view = viewOfBatches(this.#parts, handler, options, 'replay');
    return this.#run(this.#parts.createEngine(), view, options.signal);
  }

  stream(options?: Signal): AsyncIterableIterator<Delivery<Event>> {
    checkCall(options, [], 'replay');
    const engine = this.#parts.createEngine();
    engine.demand(0);
    const stream = new DeliveryStream<Event>(
      (deliveries) => engine.demand(deliveries),
      () => {
        const closed = engine.close(this.#parts.drainTimeoutMs);
        // Nobody will ask for another delivery: the drain waits only for those that are out.
        engine.pause();
        return closed;
      },
    );
    this.#run(engine, { deliver: delivering(this.#parts, stream.handle) }, options?.signal).then(
      () => stream.finish({}),
      (error: unknown) => stream.finish({ error }),
    );
    return stream;
  }

  async #run(engine: Engine, { deliver, limits }: View, given: AbortSignal | undefined): Promise<Report> {
    const { drainTimeoutMs, ended, track } = this.#parts;
    const { signal, unlink } = linkedSignal([given, ended]);
    if (signal.aborted) {
      unlink();
      throw abortedBy(signal);
    }
    const over = track({
      close: ({ deadline } = {}) =>
        engine.close(deadline === undefined ? drainTimeoutMs : toMilliseconds(deadline, 'deadline')),
    });
    const stop = (): void => void engine.close(drainTimeoutMs);
    signal.addEventListener('abort', stop, { once: true });
    try {
      await engine.run(deliver, limits);
    } finally {
      over();
      unlink();
    }
    if (signal.aborted) throw abortedBy(signal);
    return { events: engine.handled };
  }
}
