/** Sends between two flushes. */
export interface Stretch {
  /** Those without a result. */
  open: number;
  over: (() => void) | undefined;
}

/** Tells when everything that was sent before has its result, whatever is sent meanwhile. */
export class Flushes {
  #stretch: Stretch = { open: 0, over: undefined };
  #before: Promise<unknown> = Promise.resolve();

  /** Something is sent; its result is told by {@link Flushes.end}. */
  begin(): Stretch {
    this.#stretch.open++;
    return this.#stretch;
  }

  end(stretch: Stretch): void {
    stretch.open--;
    if (stretch.open === 0) stretch.over?.();
  }

  /** Resolves when all that began before has ended. */
  async flush(): Promise<void> {
    const stretch = this.#stretch;
    if (stretch.open > 0) {
      this.#stretch = { open: 0, over: undefined };
      const over = new Promise<void>((resolve) => (stretch.over = resolve));
      this.#before = Promise.all([this.#before, over]);
    }
    await this.#before;
  }
}
