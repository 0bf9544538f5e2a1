import { pause } from '@isostream/core/adapter';

/** How a check is played. */
export interface PlayOptions {
  /** How long something may take before it counts as lost or hanging: a bound, not a measure. Default 15 s. */
  readonly patienceMs?: number;
}

export const defaultPatienceMs = 15_000;

/** Resolves once it holds; rejects with `what` if it does not within `patienceMs`. */
export async function until(what: string, patienceMs: number, holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + patienceMs;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`timed out waiting until ${what}`);
    await pause(2, undefined);
  }
}
