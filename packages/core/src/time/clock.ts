/** Undoes a timer; calling it again, or after the timer fired, does nothing. */
export type CancelTimer = () => void;

/** Time as core sees it, so that a test can drive it. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Milliseconds that never go back; for deadlines and durations. */
  monotonic(): number;
  /** Calls `fire` once, not before `ms` of {@link Clock.monotonic} have passed. */
  timer(ms: number, fire: () => void): CancelTimer;
  /** Calls `fire` in the next turn of the event loop; absent where no other turns are waited for, as in simulated time. */
  nextTurn?(fire: () => void): void;
}

/** The machine's clock. Its timers keep the process alive: a retry that waits is work to do. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  timer(ms, fire) {
    const due = performance.now() + ms;
    // setTimeout may fire up to 1 ms early; a backoff is never shorter than promised, so ask again.
    const ring = (): void => {
      const left = due - performance.now();
      if (left <= 0) fire();
      else handle = setTimeout(ring, Math.ceil(left));
    };
    let handle = setTimeout(ring, Math.min(Math.ceil(ms), 2_147_483_647));
    return () => clearTimeout(handle);
  },
  nextTurn: (fire) => void setImmediate(fire),
};
