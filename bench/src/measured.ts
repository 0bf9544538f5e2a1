/** Counts handled events, and resolves with events per second, and with processor time an event, when it has seen so many. */
export class Counted {
  readonly rate: Promise<number>;
  readonly #wanted: number;
  #resolve: (rate: number) => void = () => undefined;
  #reject: (error: unknown) => void = () => undefined;
  #seen = 0;
  #start: number | undefined;
  #cpu: NodeJS.CpuUsage | undefined;
  #cpuPerEvent = Number.NaN;

  constructor(wanted: number) {
    this.#wanted = wanted;
    this.rate = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** Time counts from here; without this call from the first event. Later calls change nothing. */
  start(): void {
    this.#start ??= performance.now();
    this.#cpu ??= process.cpuUsage();
  }

  /** Microseconds of this process an event, over the same time as the rate; for when that is there. */
  get cpuPerEvent(): number {
    return this.#cpuPerEvent;
  }

  /** One more event was handled. */
  count(): void {
    this.start();
    if (++this.#seen !== this.#wanted) return;
    const { user, system } = process.cpuUsage(this.#cpu);
    this.#cpuPerEvent = (user + system) / this.#wanted;
    this.#resolve((this.#wanted * 1_000) / (performance.now() - (this.#start ?? 0)));
  }

  /** The consumer ended: before the last event that is a failure. */
  ended(error: unknown): void {
    this.#reject(error ?? new Error(`the consumer ended after ${this.#seen} of ${this.#wanted} events`));
  }
}
