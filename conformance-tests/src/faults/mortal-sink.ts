import { setTimeout as sleep } from 'node:timers/promises';
import { type Adapter, type BatchResult, StreamError } from '@isostream/core/adapter';
import { withSink } from '../mutants/distort-assignments.ts';

/** What a network takes at least: without it nothing would be under way when the producer ends. */
const underWayMs = 2;

/** A producer's life in this process: once it ended, nothing of it reaches the service, and nothing is answered. */
export class MortalSink {
  #isDead = false;
  /** One for all writes that hang: a signal warns of many listeners. */
  readonly #aborts = new Map<AbortSignal, Promise<void>>();

  get isAlive(): boolean {
    return !this.#isDead;
  }

  end(): void {
    this.#isDead = true;
  }

  /** The adapter whose sinks end with it. */
  adapter(adapter: Adapter): Adapter {
    return withSink(adapter, (sink) => ({
      write: async (route, batches, signal) => {
        await sleep(underWayMs);
        const results = this.#isDead ? [] : await sink.write(route, batches, signal);
        if (!this.#isDead) return results;
        const over = this.#aborts.get(signal) ?? aborted(signal);
        this.#aborts.set(signal, over);
        await over;
        return batches.map((): BatchResult => gone);
      },
    }));
  }
}

const gone = new StreamError('aborted', 'this producer has ended', { where: 'conformance', outcome: 'unknown' });

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
