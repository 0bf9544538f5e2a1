import { StreamError } from '../errors/stream-error.ts';
import { type Clock, systemClock } from './clock.ts';

/**
 * What a function that the application gave answers, within `ms`. Rejects with `timeout` that names the option if it does not
 * settle until then; its later answer counts no more. What it throws is passed on, also what it throws at once.
 */
export function bounded<T>(
  option: string,
  work: () => T | PromiseLike<T>,
  ms: number,
  clock: Clock = systemClock,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = clock.timer(ms, () =>
      reject(
        new StreamError(
          'timeout',
          `${option} did not answer within ${ms} ms. Check the function, and the service that it asks`,
          { where: 'isostream', outcome: 'not-written' },
        ),
      ),
    );
    new Promise<T>((answer) => answer(work())).then(resolve, reject).finally(cancel);
  });
}
