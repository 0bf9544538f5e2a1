import type { Clock } from '../time/clock.ts';

/** The same thing is told again after so long, then after twice as long, at most so long. */
const firstIntervalMs = 1_000;
const longestIntervalMs = 30_000;

interface Seen {
  readonly since: number;
  /** Not told yet. */
  count: number;
  intervalMs: number;
  tellAt: number;
  seenAt: number;
}

/** Lets what repeats through at once, then less and less often while it goes on, with how often it was seen. */
export class Throttle {
  readonly #clock: Clock;
  readonly #seen = new Map<string, Seen>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How often it was seen since it was last told, and since when, if it is to be told now. What was not seen for a minute is new again. */
  pass(name: string): { readonly count: number; readonly since: Date } | undefined {
    const now = this.#clock.monotonic();
    const seen = this.#find(name, now);
    seen.count++;
    seen.seenAt = now;
    if (now < seen.tellAt) return undefined;
    const { count, since } = seen;
    seen.count = 0;
    seen.tellAt = now + seen.intervalMs;
    seen.intervalMs = Math.min(longestIntervalMs, seen.intervalMs * 2);
    return { count, since: new Date(since) };
  }

  #find(name: string, now: number): Seen {
    const known = this.#seen.get(name);
    if (known !== undefined && now - known.seenAt <= 2 * longestIntervalMs) return known;
    // What is over is forgotten when there is something new.
    for (const [other, { seenAt }] of this.#seen) if (now - seenAt > 2 * longestIntervalMs) this.#seen.delete(other);
    const seen = { since: this.#clock.now(), count: 0, intervalMs: firstIntervalMs, tellAt: now, seenAt: now };
    this.#seen.set(name, seen);
    return seen;
  }
}
