import { type CancelTimer, type Clock, type Duration, StreamError, toMilliseconds } from '@isostream/core/adapter';

/** Turns of the event loop in which work may go on by itself before the next timer fires: an injected request takes several. */
const turnsPerTimer = 10;
/** Where no timer is left, other work of this process may still end the wait. After so long, in real milliseconds, it will not. */
const patienceMs = 2_000;

/** A clock that stands still until somebody moves it. */
export interface VirtualClock extends Clock {
  /** Timers that have not fired. */
  readonly pending: number;
  /** Moves time on by `ms`: fires every timer that falls due, in order, and lets the work of each settle before the next. */
  advance(ms: number): Promise<void>;
  /**
   * Moves time on, from timer to timer, until `work` has settled, and returns or throws what it did: a request to a service that
   * waits for retries, or `close()`. No time passes that `work` does not need. Throws `timeout` once `within` (default 1 h of
   * this clock) has passed, or where nothing is left that could fire. For work inside this process: what waits for a socket
   * waits in real time.
   */
  advanceUntil<Result>(
    work: PromiseLike<Result> | (() => PromiseLike<Result>),
    options?: { readonly within?: Duration },
  ): Promise<Result>;
}

interface Timer {
  readonly due: number;
  readonly fire: () => void;
}

/** Makes a {@link VirtualClock}; give it to `createMemory` and to `createStreams`. `start` is in milliseconds since the epoch. */
export function createVirtualClock(start: number = Date.UTC(2026, 0, 1)): VirtualClock {
  let elapsed = 0;
  const timers = new Set<Timer>();
  const fireNext = (end: number): boolean => {
    const next = earliest(timers, end);
    if (next === undefined) return false;
    timers.delete(next);
    elapsed = Math.max(elapsed, next.due);
    next.fire();
    return true;
  };
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
      while (fireNext(end)) await settle();
      elapsed = end;
    },
    async advanceUntil(work, { within = '1h' } = {}) {
      const end = elapsed + toMilliseconds(within, 'within');
      let isSettled = false;
      const outcome = Promise.resolve(typeof work === 'function' ? work() : work);
      const settled = (): void => void (isSettled = true);
      outcome.then(settled, settled);
      for (let idleSince = performance.now(); ;) {
        for (let turn = 0; turn < turnsPerTimer && !isSettled; turn++) await settle();
        if (isSettled) return outcome;
        if (fireNext(end)) idleSince = performance.now();
        else if (timers.size > 0) throw late(`has not settled within ${within} of the virtual clock`);
        else if (performance.now() - idleSince > patienceMs)
          throw late('waits for something that no timer of the virtual clock will bring');
      }
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

function late(what: string): StreamError {
  const cure = 'Await what it waits for, or give the same clock to createMemory, createStreams and your own code';
  return new StreamError('timeout', `what advanceUntil was given ${what}. ${cure}`, { where: 'virtual clock' });
}
