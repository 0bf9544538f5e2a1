import { now } from '../history/history.ts';

/** How often it looks. */
const everyMs = 10;

/** A timer that is no later than this tells nothing; added up, such would excuse whoever waits for another timer. */
const usualMs = 20;

/**
 * When this process could do nothing, because the machine was busy with something else or because the process was:
 * timers that fired late. Upper bounds on time allow for it, lower ones never.
 */
export class Stalls {
  readonly #stalls: { readonly from: number; readonly to: number }[] = [];
  #timer: NodeJS.Timeout | undefined;
  #due = 0;

  constructor() {
    this.#wait();
  }

  /** Milliseconds of a stretch in which nothing could be done, by the clock of the history. */
  between(from: number, to: number): number {
    const overlap = (stall: { readonly from: number; readonly to: number }): number =>
      Math.max(0, Math.min(stall.to, to) - Math.max(stall.from, from));
    // Whoever asks right after a stall asks before the timer could tell.
    const present = { from: this.#due, to: now() };
    return [...this.#stalls, ...(this.#isLate(present) ? [present] : [])].reduce((sum, each) => sum + overlap(each), 0);
  }

  get longestMs(): number {
    return this.#stalls.reduce((longest, { from, to }) => Math.max(longest, to - from), 0);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #wait(): void {
    this.#due = now() + everyMs;
    // It must not keep a process alive that has nothing else to do.
    this.#timer = setTimeout(() => this.#tick(), everyMs).unref();
  }

  #tick(): void {
    const stall = { from: this.#due, to: now() };
    if (this.#isLate(stall)) this.#stalls.push(stall);
    this.#wait();
  }

  #isLate({ from, to }: { readonly from: number; readonly to: number }): boolean {
    return this.#timer !== undefined && to - from > usualMs;
  }
}
