import type { CancelTimer, Clock } from '../time/clock.ts';
import type { Holding, Task } from './task.ts';

/** Tasks between two attempts, or between two tries to write their letter. */
export class Waits {
  readonly #waiting = new Map<Task, CancelTimer>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(task: Task, ms: number, then: () => void): void {
    const cancel = this.#clock.timer(ms, () => {
      this.#waiting.delete(task);
      then();
    });
    this.#waiting.set(task, cancel);
  }

  /** Ends the waits of this assignment's tasks, and returns these. */
  cancel(assignment: Holding): readonly Task[] {
    const gone = [...this.#waiting].filter(([task]) => task.assignment === assignment);
    for (const [task, cancel] of gone) {
      this.#waiting.delete(task);
      cancel();
    }
    return gone.map(([task]) => task);
  }
}
