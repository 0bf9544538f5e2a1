import { setTimeout as sleep } from 'node:timers/promises';
import { type Adapter, type BatchResult, StreamError } from '@isostream/core/adapter';
import { withSink } from '../mutants/distort-assignments.ts';

/** What a network takes at least: without it nothing would be under way when the producer ends. */
const underWayMs = 2;

/** A producer's life in this process: once it ended, nothing of it reaches the service, and nothing is answered. */
export class MortalSink {
  #isDead = false;
  /** Writes that the producer waits for. */
  #underWay = 0;
  #begun = (): void => undefined;
  /** One for all writes that hang: a signal warns of many listeners. */
  readonly #aborts = new Map<AbortSignal, Promise<void>>();

  get isAlive(): boolean {
    return !this.#isDead;
  }

  end(): void {
    this.#isDead = true;
  }

  /** Ends it in the middle of a write, the next one if there is none: between two writes all that it sent may be answered. */
  async endInAWrite(): Promise<void> {
    if (this.#underWay === 0) await new Promise<void>((resolve) => (this.#begun = resolve));
    this.end();
  }

  /** The adapter whose sinks end with it. */
  adapter(adapter: Adapter): Adapter {
    return withSink(adapter, (sink) => ({
      write: async (route, batches, signal) => {
        this.#underWay++;
        this.#begun();
        try {
          await sleep(underWayMs);
          const results = this.#isDead ? [] : await sink.write(route, batches, signal);
          if (!this.#isDead) return results;
        } finally {
          this.#underWay--;
        }
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
