import { serverBusy, type WriteFault } from './faults.ts';

/** What a namespace takes of all its clients together. */
export interface ThroughputLimit {
  /** Default: any number. A throughput unit of the service takes 1,000. */
  readonly eventsPerSecond?: number;
  /** Of batches as they are sent. Default: any number. A throughput unit of the service takes 1,048,576. */
  readonly bytesPerSecond?: number;
  /** How long everything is refused once it was too much. Default 4,000, which the service asks its clients to wait. */
  readonly busyMs?: number;
}

/** Counts what is sent in a second, and refuses once that is too much. */
export class Throughput {
  readonly #now: () => number;
  #limit: ThroughputLimit | undefined;
  /** None as yet: a clock may begin at 0. */
  #second = -1;
  #events = 0;
  #bytes = 0;
  #busyUntil = 0;

  /** `now` in milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** `undefined` takes everything, at once. */
  set limit(limit: ThroughputLimit | undefined) {
    this.#limit = limit;
    this.#busyUntil = 0;
    this.#second = -1;
  }

  /** What is to be answered in place of storing it: the first batch of a second is taken, however large it is. */
  refusal(events: number, bytes: number): WriteFault | undefined {
    if (this.#limit === undefined) return undefined;
    const { eventsPerSecond = Infinity, bytesPerSecond = Infinity, busyMs = 4_000 } = this.#limit;
    const now = this.#now();
    if (now < this.#busyUntil) return serverBusy;
    const second = Math.floor(now / 1_000);
    if (second !== this.#second) {
      this.#second = second;
      this.#events = events;
      this.#bytes = bytes;
      return undefined;
    }
    this.#events += events;
    this.#bytes += bytes;
    if (this.#events <= eventsPerSecond && this.#bytes <= bytesPerSecond) return undefined;
    this.#busyUntil = now + busyMs;
    return serverBusy;
  }
}
