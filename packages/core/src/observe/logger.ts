import type { Clock } from '../time/clock.ts';
import { reportOnce } from './report-once.ts';
import { Throttle } from './throttle.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Where a client writes what it does, as `pino` and others have it: the fields first, then the message. */
export type Logger = Readonly<
  Record<LogLevel, (fields: Readonly<Record<string, unknown>>, message: string) => unknown>
>;

/** As many lines may have no answer yet, where the logger answers with promises. */
const maxOpen = 100;

/**
 * A logger that can do no harm. The same line is written at once, then less and less often while it goes on, with a `count`. What the
 * logger throws or rejects is reported once; one whose promises do not resolve gets no more lines until they do.
 */
export class Log {
  readonly #logger: Logger;
  readonly #throttle: Throttle;
  #open = 0;

  constructor(logger: Logger, clock: Clock) {
    this.#logger = logger;
    this.#throttle = new Throttle(clock);
  }

  /** `about` says which lines are the same, besides level and message. */
  write(level: LogLevel, message: string, fields: Readonly<Record<string, unknown>>, about = ''): void {
    if (this.#open >= maxOpen)
      return reportOnce(
        this.#logger,
        `the logger has not finished ${maxOpen} lines: it gets no more until it does`,
        'a promise that it returned is pending',
      );
    const passed = this.#throttle.pass(`${level}\n${message}\n${about}`);
    if (passed === undefined) return;
    const { count, since } = passed;
    try {
      const result = this.#logger[level](count === 1 ? fields : { ...fields, count, since }, message);
      if (!(result instanceof Promise)) return;
      this.#open++;
      const done = (): void => void this.#open--;
      result.then(done, (thrown: unknown) => {
        done();
        this.#failed(thrown);
      });
    } catch (thrown) {
      this.#failed(thrown);
    }
  }

  #failed(thrown: unknown): void {
    reportOnce(this.#logger, 'the logger threw', thrown);
  }
}
