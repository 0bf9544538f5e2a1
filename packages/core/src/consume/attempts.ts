import type { StreamError } from '../errors/stream-error.ts';
import type { CancelTimer, Clock } from '../time/clock.ts';
import type { Attempt, Task } from './task.ts';

/** Handlers that run, oldest first: all have the same timeout, so the first is always the next to time out. */
export class Attempts {
  readonly #running = new Set<Attempt>();
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #timedOut: (attempt: Attempt) => void;
  #timer: CancelTimer | undefined;

  constructor(clock: Clock, timeoutMs: number, timedOut: (attempt: Attempt) => void) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#timedOut = timedOut;
  }

  get size(): number {
    return this.#running.size;
  }

  add(attempt: Attempt): void {
    this.#running.add(attempt);
    this.#watch();
  }

  /** `false` for one that is over already. */
  remove(attempt: Attempt): boolean {
    return this.#running.delete(attempt);
  }

  /** Tells handlers of these tasks that nothing they still say counts. */
  lose(isGone: (task: Task) => boolean, reason: StreamError): void {
    for (const attempt of this.#running) {
      if (attempt.state !== 'running' || !isGone(attempt.task)) continue;
      attempt.state = 'lost';
      attempt.abort(reason);
    }
  }

  /** Nobody is timed out any more. */
  stop(): void {
    this.#timer?.();
  }

  /** Wakes for the oldest attempt only: one timer for all handlers, not one each. */
  #watch(): void {
    if (this.#timer !== undefined) return;
    const [first] = this.#running;
    if (first === undefined) return;
    const left = first.startedAt + this.#timeoutMs - this.#clock.monotonic();
    this.#timer = this.#clock.timer(Math.max(0, left), () => this.#due());
  }

  #due(): void {
    this.#timer = undefined;
    const now = this.#clock.monotonic();
    for (const attempt of this.#running) {
      // The sum that the timer was set for: a difference may be rounded otherwise, and no time at all would be left for ever.
      if (attempt.startedAt + this.#timeoutMs > now) break;
      this.#timedOut(attempt);
    }
    this.#watch();
  }
}
