import { setTimeout as sleep } from 'node:timers/promises';
import { type History, isSettled } from '../history/history.ts';

/** Waits of a scenario for what its history has to show. */
export class Waits {
  /** Those that came to nothing. */
  readonly vain: string[] = [];
  readonly #history: History;
  readonly #signal: AbortSignal;
  readonly #quietMs: number;

  constructor(history: History, signal: AbortSignal, quietMs: number) {
    this.#history = history;
    this.#signal = signal;
    this.#quietMs = quietMs;
  }

  /**
   * Waits until something is so. Gives up, remembers what it waited for, and returns `false` when nothing at all has
   * happened for as long as the provider may be silent: then the checks can say what is missing.
   */
  async until(what: string, condition: () => boolean | Promise<boolean>): Promise<boolean> {
    let seen = this.#history.arrivals.length;
    let quietSince = performance.now();
    for (;;) {
      const asked = performance.now();
      const answer = condition();
      // Conditions look through the history: one that is long must not take the time of those that make it.
      const tookMs = performance.now() - asked;
      if (await answer) return true;
      if (this.#history.arrivals.length > seen) {
        seen = this.#history.arrivals.length;
        quietSince = performance.now();
      }
      if (this.#signal.aborted || performance.now() - quietSince > this.#quietMs) {
        this.vain.push(`timed out waiting until ${what}`);
        return false;
      }
      await sleep(Math.max(5, tookMs * 10));
    }
  }

  /** Every acknowledged event of the group is settled or has its letter. */
  async untilSettled(topic: string, group: string): Promise<boolean> {
    const open = new Set<string>();
    let next = 0;
    const early = new Set<string>();
    return this.until(`group ${group} settled everything`, () => {
      const { arrivals } = this.#history;
      for (; next < arrivals.length; next++) {
        const entry = arrivals[next];
        if (entry === undefined || !('topic' in entry) || entry.topic !== topic) continue;
        if (entry.kind === 'sent' && !early.has(entry.id)) open.add(entry.id);
        if (isSettled(entry) && entry.group === group) {
          early.add(entry.id);
          open.delete(entry.id);
        }
      }
      return open.size === 0;
    });
  }
}
