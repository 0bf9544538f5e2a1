import type { CancelTimer, Clock } from '@isostream/core/adapter';

/** A clock that stands still until somebody moves it. */
export interface VirtualClock extends Clock {
  /** Timers that have not fired. */
  readonly pending: number;
  /** Moves time on by `ms`: fires every timer that falls due, in order, and lets the work of each settle before the next. */
  advance(ms: number): Promise<void>;
}

interface Timer {
  readonly due: number;
  readonly fire: () => void;
}

/** Makes a {@link VirtualClock}; give it to `createMemory` and to `createStreams`. `start` is in milliseconds since the epoch. */
export function createVirtualClock(start: number = Date.UTC(2026, 0, 1)): VirtualClock {
  let elapsed = 0;
  const timers = new Set<Timer>();
  return {
    now: () => start + elapsed,
    monotonic: () => elapsed,
    timer(ms, fire): CancelTimer {
      const timer = { due: elapsed + Math.max(0, ms), fire };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    get pending() {
      return timers.size;
    },
    async advance(ms) {
      const end = elapsed + ms;
      await settle();
      for (let next = earliest(timers, end); next !== undefined; next = earliest(timers, end)) {
        timers.delete(next);
        elapsed = Math.max(elapsed, next.due);
        next.fire();
        await settle();
      }
      elapsed = end;
    },
  };
}

/** Sets keep the order of insertion, so timers that are due at the same time fire in the order they were set. */
function earliest(timers: Iterable<Timer>, end: number): Timer | undefined {
  let first: Timer | undefined;
  for (const timer of timers) if (timer.due <= end && (first === undefined || timer.due < first.due)) first = timer;
  return first;
}

/** A turn of the event loop runs every promise callback that was waiting, and those that they made. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
