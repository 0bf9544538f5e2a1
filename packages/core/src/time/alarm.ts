import type { CancelTimer, Clock } from './clock.ts';

/** One timer for the next of many moments. */
export class Alarm {
  readonly #clock: Clock;
  readonly #ring: (now: number) => void;
  #set: { readonly at: number; readonly cancel: CancelTimer } | undefined;

  constructor(clock: Clock, ring: (now: number) => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  /** Rings at that monotonic time, or before, if it is set for an earlier one. */
  set(at: number | undefined): void {
    if (at === undefined || (this.#set !== undefined && this.#set.at <= at)) return;
    this.#set?.cancel();
    const cancel = this.#clock.timer(Math.max(1, at - this.#clock.monotonic()), () => {
      this.#set = undefined;
      // A difference may be rounded: whoever waits for this moment must not find that it is not there yet.
      this.#ring(Math.max(at, this.#clock.monotonic()));
    });
    this.#set = { at, cancel };
  }

  stop(): void {
    this.#set?.cancel();
  }
}
