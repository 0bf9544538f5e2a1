import type { CancelTimer, Clock } from '@isostream/core/adapter';
import type { Random } from '@isostream/conformance/checks';

interface Timer {
  readonly due: number;
  /** Decides between timers of the same millisecond: no order among them is promised to anybody. */
  readonly lot: number;
  readonly fire: () => void;
  cancelled: boolean;
}

const epoch = Date.UTC(2026, 0, 1);

/** Time that stands still until the next timer is fired by hand. */
export class SimulatedClock implements Clock {
  readonly #random: Random;
  /** A binary heap: the earliest first. */
  readonly #heap: Timer[] = [];
  #elapsed = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  now(): number {
    return epoch + this.#elapsed;
  }

  monotonic(): number {
    return this.#elapsed;
  }

  timer(ms: number, fire: () => void): CancelTimer {
    const timer: Timer = { due: this.#elapsed + Math.max(0, ms), lot: this.#random(), fire, cancelled: false };
    this.#push(timer);
    return () => {
      timer.cancelled = true;
    };
  }

  /** Moves on to the next timer and fires it; `false` if there is none. */
  fireNext(): boolean {
    for (let timer = this.#pop(); timer !== undefined; timer = this.#pop()) {
      if (timer.cancelled) continue;
      this.#elapsed = timer.due;
      timer.fire();
      return true;
    }
    return false;
  }

  #push(timer: Timer): void {
    const heap = this.#heap;
    let index = heap.push(timer) - 1;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || !isBefore(timer, parent)) break;
      heap[index] = parent;
      index = above;
    }
    heap[index] = timer;
  }

  #pop(): Timer | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return first;
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      const [a, b] = [heap[left], heap[left + 1]];
      if (a === undefined) break;
      const [next, child] = b !== undefined && isBefore(b, a) ? [left + 1, b] : [left, a];
      if (!isBefore(child, last)) break;
      heap[index] = child;
      index = next;
    }
    heap[index] = last;
    return first;
  }
}

function isBefore(a: Timer, b: Timer): boolean {
  return a.due < b.due || (a.due === b.due && a.lot < b.lot);
}

/** Resolves when every promise callback that waits, and those that they make, have run: node empties that queue first. */
export function settled(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}
