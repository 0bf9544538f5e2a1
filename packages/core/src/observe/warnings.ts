import { systemClock, type Clock } from '../time/clock.ts';
import { observe } from './channels.ts';
import { Throttle } from './throttle.ts';

const warning = observe('adapter:warning');

/**
 * Tells on `isostream:adapter:warning` of trouble that passes by itself: at once, then less and less often while it goes on,
 * with how often it was seen. One for whatever has trouble of its own: an adapter, a member, a consumer.
 */
export class Warnings {
  readonly #adapter: string;
  readonly #throttle: Throttle;

  constructor(adapter: string, clock: Clock = systemClock) {
    this.#adapter = adapter;
    this.#throttle = new Throttle(clock);
  }

  /** The same message is the same trouble. What was not seen for a minute is new again. */
  tell(message: string, error?: unknown): void {
    if (!warning.hasSubscribers) return;
    const trouble = this.#throttle.pass(message);
    if (trouble === undefined) return;
    const { count, since } = trouble;
    warning.publish({
      adapter: this.#adapter,
      message:
        count === 1 ? message : `${message} (${count} times since it was last told, first at ${since.toISOString()})`,
      count,
      since,
      ...(error === undefined ? {} : { error }),
    });
  }
}
