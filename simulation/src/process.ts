import type { CancelTimer, Clock } from '@isostream/core/adapter';
import type { SimulatedClock } from './clock.ts';

/** A process of the simulated system. One that is dead runs nothing any more: its timers are silent, its calls return never. */
export class Process implements Clock {
  readonly name: string;
  readonly #clock: SimulatedClock;
  alive = true;
  /** Timers that core set and that neither fired nor were cancelled. */
  timers = 0;

  constructor(name: string, clock: SimulatedClock) {
    this.name = name;
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  monotonic(): number {
    return this.#clock.monotonic();
  }

  timer(ms: number, fire: () => void): CancelTimer {
    this.timers++;
    let isSet = true;
    const clear = (): boolean => {
      const wasSet = isSet;
      isSet = false;
      if (wasSet) this.timers--;
      return wasSet;
    };
    const cancel = this.#clock.timer(ms, () => {
      if (clear() && this.alive) fire();
    });
    return () => {
      if (clear()) cancel();
    };
  }
}
