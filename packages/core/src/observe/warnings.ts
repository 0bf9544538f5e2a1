import { systemClock, type Clock } from '../time/clock.ts';
import { observe } from './channels.ts';

const warning = observe('adapter:warning');

/** The same trouble is told again after so long, then after twice as long, at most so long. */
const firstIntervalMs = 1_000;
const longestIntervalMs = 30_000;

interface Trouble {
  readonly since: number;
  /** Not told yet. */
  count: number;
  intervalMs: number;
  tellAt: number;
  seenAt: number;
}

/**
 * Tells on `isostream:adapter:warning` of trouble that passes by itself: at once, then less and less often while it goes on,
 * with how often it was seen. One for whatever has trouble of its own: an adapter, a member, a consumer.
 */
export class Warnings {
  readonly #adapter: string;
  readonly #clock: Clock;
  readonly #troubles = new Map<string, Trouble>();

  constructor(adapter: string, clock: Clock = systemClock) {
    this.#adapter = adapter;
    this.#clock = clock;
  }

  /** The same message is the same trouble. What was not seen for a minute is new again. */
  tell(message: string, error?: unknown): void {
    if (!warning.hasSubscribers) return;
    const now = this.#clock.monotonic();
    const trouble = this.#trouble(message, now);
    trouble.count++;
    trouble.seenAt = now;
    if (now < trouble.tellAt) return;
    const { count, since } = trouble;
    trouble.count = 0;
    trouble.tellAt = now + trouble.intervalMs;
    trouble.intervalMs = Math.min(longestIntervalMs, trouble.intervalMs * 2);
    const first = new Date(since);
    warning.publish({
      adapter: this.#adapter,
      message:
        count === 1 ? message : `${message} (${count} times since it was last told, first at ${first.toISOString()})`,
      count,
      since: first,
      ...(error === undefined ? {} : { error }),
    });
  }

  #trouble(message: string, now: number): Trouble {
    const known = this.#troubles.get(message);
    if (known !== undefined && now - known.seenAt <= 2 * longestIntervalMs) return known;
    // Trouble that is over is forgotten when there is new.
    for (const [other, { seenAt }] of this.#troubles)
      if (now - seenAt > 2 * longestIntervalMs) this.#troubles.delete(other);
    const trouble = { since: this.#clock.now(), count: 0, intervalMs: firstIntervalMs, tellAt: now, seenAt: now };
    this.#troubles.set(message, trouble);
    return trouble;
  }
}
