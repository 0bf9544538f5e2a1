import type { Batch } from './pending.ts';

/** Batches that wait for their next attempt: pure. */
export class Retries {
  /** The next one last. */
  readonly #waiting: { readonly batch: Batch; readonly at: number }[] = [];

  add(batch: Batch, at: number): void {
    let index = this.#waiting.length;
    while (index > 0 && (this.#waiting[index - 1]?.at ?? Infinity) <= at) index--;
    this.#waiting.splice(index, 0, { batch, at });
  }

  /** When the next one may leave; `undefined` with none waiting. */
  get first(): number | undefined {
    return this.#waiting.at(-1)?.at;
  }

  /** Takes out all whose time has come, in the order of their times. */
  take(now: number): Batch[] {
    const due: Batch[] = [];
    for (let next = this.#waiting.at(-1); next !== undefined && next.at <= now; next = this.#waiting.at(-1)) {
      this.#waiting.pop();
      due.push(next.batch);
    }
    return due;
  }

  /** It does not wait any more. */
  delete(batch: Batch): void {
    const index = this.#waiting.findIndex((waiting) => waiting.batch === batch);
    if (index >= 0) this.#waiting.splice(index, 1);
  }
}
