import type { Clock } from '@isostream/core/adapter';

/** A process that can be paused: its timers do not fire and answers do not arrive, but time passes. */
export class Gate {
  readonly clock: Clock;
  #isOpen = true;
  readonly #held: (() => void)[] = [];

  /** No two machines agree on the time: `offset` is by how much this one's clocks are ahead. */
  constructor(clock: Clock, offset: number) {
    this.clock = {
      now: () => clock.now() + offset,
      monotonic: () => clock.monotonic() + offset,
      timer: (ms, fire) => {
        let isCancelled = false;
        const cancel = clock.timer(ms, () => this.pass(() => isCancelled || fire()));
        return () => {
          isCancelled = true;
          cancel();
        };
      },
    };
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  pause(): void {
    this.#isOpen = false;
  }

  resume(): void {
    this.#isOpen = true;
    for (const then of this.#held.splice(0)) then();
  }

  /** Now, or when the process goes on. */
  pass(then: () => void): void {
    if (this.#isOpen) then();
    else this.#held.push(then);
  }
}
