import type { StreamError } from '../errors/stream-error.ts';
import { Chain } from '../model/chain.ts';
import type { CancelTimer, Clock } from '../time/clock.ts';
import type { Attempt } from './attempt.ts';
import type { Holding } from './task.ts';

/** Handlers that run, oldest first: all have the same timeout, so the first is always the next to time out. */
export class Attempts {
  readonly #running = new Chain<Attempt>();
  /** Timed out, and not returned yet. */
  readonly #overdue = new Set<Attempt>();
  #returned = 0;
  readonly #clock: Clock;
  /** Of all of them; set before the first. */
  timeoutMs: number;
  readonly #timedOut: (attempt: Attempt) => void;
  #timer: CancelTimer | undefined;

  constructor(clock: Clock, timedOut: (attempt: Attempt) => void, timeoutMs: number = Infinity) {
    this.#clock = clock;
    this.timeoutMs = timeoutMs;
    this.#timedOut = timedOut;
  }

  get size(): number {
    return this.#running.length;
  }

  /** How long the oldest handler has run, also one that timed out and has not returned; 0 with none. */
  get oldestMs(): number {
    const [first = this.#running.first] = this.#overdue;
    return first === undefined ? 0 : this.#clock.monotonic() - first.startedAt;
  }

  /** A handler is beyond its time, and none has returned since it was started. */
  get isStuck(): boolean {
    for (const { returnedBefore } of this.#overdue) if (returnedBefore === this.#returned) return true;
    return false;
  }

  add(attempt: Attempt): void {
    attempt.returnedBefore = this.#returned;
    this.#running.push(attempt.link);
    this.#watch();
  }

  /** `false` for one that is over already. */
  remove(attempt: Attempt): boolean {
    const isRunning = attempt.link.chain !== undefined;
    attempt.link.unlink();
    // One that times out leaves here as well; it returns later, if at all.
    if (isRunning ? !this.#overdue.has(attempt) : this.#overdue.delete(attempt)) this.#returned++;
    return isRunning;
  }

  /** Tells handlers of this assignment that nothing they still say counts. */
  lose(assignment: Holding, reason: StreamError): void {
    for (const attempt of this.#running) if (attempt.task.assignment === assignment) attempt.lose(reason);
  }

  /** Nobody is timed out any more. */
  stop(): void {
    this.#timer?.();
  }

  /** Wakes for the oldest attempt only: one timer for all handlers, not one each. */
  #watch(): void {
    if (this.#timer !== undefined) return;
    const { first } = this.#running;
    if (first === undefined) return;
    const left = first.startedAt + this.timeoutMs - this.#clock.monotonic();
    this.#timer = this.#clock.timer(Math.max(0, left), () => this.#due());
  }

  #due(): void {
    this.#timer = undefined;
    const now = this.#clock.monotonic();
    for (const attempt of this.#running) {
      // The sum that the timer was set for: a difference may be rounded otherwise, and no time at all would be left for ever.
      if (attempt.startedAt + this.timeoutMs > now) break;
      this.#overdue.add(attempt);
      this.#timedOut(attempt);
    }
    this.#watch();
  }
}
