import type { Clock } from './clock.ts';

/** Work that could go on for ever lets the event loop turn after so long, so that timers, signals and I/O have their time. */
const longestTurnMs = 10;

/** How long the present turn of the event loop has been at work, over everything that shares a clock. */
export class Turns {
  readonly #clock: Clock;
  #startedAt: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The event loop should turn before more is done. */
  get isOver(): boolean {
    return this.isOverAt(this.#clock.monotonic());
  }

  /** The same for whoever knows the monotonic time: asking for it costs as much as the rest. */
  isOverAt(now: number): boolean {
    if (this.#clock.nextTurn === undefined) return false;
    if (this.#startedAt !== undefined) return now - this.#startedAt >= longestTurnMs;
    this.#startedAt = now;
    this.#clock.nextTurn(() => (this.#startedAt = undefined));
    return false;
  }

  /** Calls `fire` in the next turn. */
  next(fire: () => void): void {
    this.#clock.nextTurn?.(fire);
  }

  /** Resolves at once, or in the next turn if this one is over. */
  async pause(): Promise<void> {
    if (this.isOver) await new Promise<void>((resolve) => this.next(resolve));
  }
}

const known = new WeakMap<Clock, Turns>();

/** The turns of a clock: the event loop is one, whoever is at work. */
export function turnsOf(clock: Clock): Turns {
  const turns = known.get(clock) ?? new Turns(clock);
  known.set(clock, turns);
  return turns;
}
