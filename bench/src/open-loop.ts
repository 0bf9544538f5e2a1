import { setTimeout as wait } from 'node:timers/promises';
import { percentile } from './spread.ts';

/**
 * Events that leave at fixed times, whether the ones before were answered or not, and how long each took from the time at
 * which it was due until its handler had it. A sender that waits for answers would send less while the system is slow, and
 * leave out the very waits that users feel ("coordinated omission").
 */
export class OpenLoop {
  readonly #perSecond: number;
  readonly #events: number;
  readonly #latencies: number[] = [];
  #start = 0;
  #resolve: () => void = () => undefined;
  #reject: (error: unknown) => void = () => undefined;
  readonly #all: Promise<void>;

  constructor(options: { readonly perSecond: number; readonly seconds: number }) {
    this.#perSecond = options.perSecond;
    this.#events = Math.ceil(options.perSecond * options.seconds);
    this.#all = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** The event with this number was handled. */
  arrived(index: number): void {
    this.#latencies.push(performance.now() - this.#dueAt(index));
    if (this.#latencies.length === this.#events) this.#resolve();
  }

  /** The consumer ended: before the last event that is a failure. */
  ended(error: unknown): void {
    this.#reject(error ?? new Error(`the consumer ended after ${this.#latencies.length} of ${this.#events} events`));
  }

  /** Sends everything by its number, and resolves with percentiles in milliseconds when all have arrived. */
  async run(send: (index: number) => Promise<unknown>): Promise<Readonly<Record<'p50' | 'p99' | 'p99.9', number>>> {
    this.#start = performance.now();
    for (let index = 0; index < this.#events;) {
      while (index < this.#events && this.#dueAt(index) <= performance.now())
        void send(index++).catch((error: unknown) => this.ended(error));
      await wait(1);
    }
    await this.#all;
    const at = (percent: number): number => percentile(this.#latencies, percent);
    return { p50: at(50), p99: at(99), 'p99.9': at(99.9) };
  }

  #dueAt(index: number): number {
    return this.#start + (index * 1_000) / this.#perSecond;
  }
}
