import { backoffDelay, type BackoffMs } from '../retry/backoff.ts';
import type { CancelTimer, Clock } from '../time/clock.ts';

/** Between two tries of what the provider refused. */
export const commitBackoff: BackoffMs = { initial: 20, max: 500, jitter: 'full' };

/** Whom the schedule wakes. */
interface Sender {
  /** How often the provider refused it, since it last took something. */
  readonly refusals: number;
  send(): unknown;
}

/** When a consumer's assignments commit: one timer for all of them, as their calls may share a request. */
export class CommitSchedule {
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #intervalMs: number;
  readonly #senders: () => Iterable<Sender>;
  #interval: CancelTimer | undefined;
  /** Of those that were refused. */
  #retry: CancelTimer | undefined;

  constructor(clock: Clock, random: () => number, intervalMs: number, senders: () => Iterable<Sender>) {
    this.#clock = clock;
    this.#random = random;
    this.#intervalMs = intervalMs;
    this.#senders = senders;
  }

  /** Nothing is ever committed: there is no group. */
  get isOff(): boolean {
    return this.#intervalMs === Infinity;
  }

  /** Something was settled: at the end of the interval. */
  soon(): void {
    if (this.#interval !== undefined || this.isOff) return;
    this.#interval = this.#clock.timer(this.#intervalMs, () => {
      this.#interval = undefined;
      this.#sendAll(({ refusals }) => refusals === 0);
    });
  }

  /** After an interval; by then the watermark may have moved on, which is as good. A service in trouble is spared short ones. */
  later(refusals: number): void {
    const delayMs = Math.max(this.#intervalMs, backoffDelay(commitBackoff, refusals, this.#random));
    this.#retry ??= this.#clock.timer(delayMs, () => {
      this.#retry = undefined;
      this.#sendAll((sender) => sender.refusals > 0);
    });
  }

  stop(): void {
    this.#interval?.();
    this.#retry?.();
  }

  #sendAll(isMeant: (sender: Sender) => boolean): void {
    for (const sender of this.#senders()) if (isMeant(sender)) sender.send();
  }
}
