import type { Clock } from '../time/clock.ts';
import type { Task } from './task.ts';

/** Tasks between two attempts, or between two tries to write their letter. */
export class Waits {
  readonly #waiting = new Set<Task>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(task: Task, ms: number, then: () => void): void {
    this.#waiting.add(task);
    task.cancelWait = this.#clock.timer(ms, () => {
      this.#waiting.delete(task);
      then();
    });
  }

  /** Ends the waits of these tasks, and returns them. */
  cancel(isGone: (task: Task) => boolean): readonly Task[] {
    const gone = [...this.#waiting].filter(isGone);
    for (const task of gone) {
      this.#waiting.delete(task);
      task.cancelWait?.();
    }
    return gone;
  }
}
