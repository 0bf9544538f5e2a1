/** `started`: all that an assignment owes. `running`: only handlers that run now. */
export type DrainMode = 'started' | 'running';

/** The end of an assignment, under way. It can become more hasty, and never less. */
export class Drain {
  #mode: DrainMode;
  #done: () => void = () => undefined;
  /** Resolves when all that was to be finished is, or its time is over. */
  readonly done: Promise<void> = new Promise((resolve) => (this.#done = resolve));

  constructor(mode: DrainMode) {
    this.#mode = mode;
  }

  get mode(): DrainMode {
    return this.#mode;
  }

  /** True if this changes anything. */
  hurry(mode: DrainMode): boolean {
    if (this.#mode === mode || mode === 'started') return false;
    this.#mode = mode;
    return true;
  }

  finish(): void {
    this.#done();
  }
}
