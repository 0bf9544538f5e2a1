import { type ErrorCode, errorCodes } from './codes.ts';
import { isMarked, messageOf } from './message-of.ts';
import { withholdInput } from './withhold-input.ts';

/** Whether a failed write left something behind. After `unknown` a second write may store the event twice. */
export type Outcome = 'not-written' | 'unknown';

export interface StreamErrorOptions {
  /** Who noticed: an adapter's name, `producer`, `consumer`, `config`. Prefixes the message. */
  readonly where: string;
  readonly cause?: unknown;
  readonly outcome?: Outcome;
  /** Overrides the code's own answer where the service said more. */
  readonly retryable?: boolean;
}

// Two copies of this package may meet in one process: the brand answers where `instanceof` would not.
const brand = Symbol.for('isostream.StreamError');

/** The one error of isostream: act on {@link StreamError.code}, show the message, log the cause. */
export class StreamError extends Error {
  override readonly name = 'StreamError';
  readonly code: ErrorCode;
  readonly where: string;
  /** Whether the same call can succeed later without a change by the caller. */
  readonly retryable: boolean;
  /** Set on errors of writes. */
  readonly outcome?: Outcome;

  constructor(code: ErrorCode, message: string, options: StreamErrorOptions) {
    super(
      `${options.where}: ${message}`,
      options.cause === undefined ? undefined : { cause: withholdInput(options.cause) },
    );
    this.code = code;
    this.where = options.where;
    this.retryable = options.retryable ?? errorCodes[code];
    if (options.outcome !== undefined) this.outcome = options.outcome;
  }

  /** True for a StreamError of any copy of this package. */
  static is(value: unknown): value is StreamError {
    return isMarked(value, brand);
  }

  /** A StreamError for anything thrown: itself if it is one, else `internal` with the thrown value as cause. */
  static from(value: unknown, where: string): StreamError {
    if (StreamError.is(value)) return value;
    withholdInput(value);
    return new StreamError('internal', messageOf(value), { where, cause: value });
  }

  /** The same error with the outcome of a write filled in. */
  withOutcome(outcome: Outcome): StreamError {
    if (this.outcome === outcome) return this;
    const copy = new StreamError(this.code, this.message.slice(this.where.length + 2), {
      where: this.where,
      cause: this.cause,
      outcome,
      retryable: this.retryable,
    });
    return copy;
  }
}

Object.defineProperty(StreamError.prototype, brand, { value: true });

const nonRetryable = Symbol.for('isostream.NonRetryableError');

/** Thrown by a handler that knows that trying again is useless: the event goes to the dead letters at once. */
export class NonRetryableError extends Error {
  override readonly name: string = 'NonRetryableError';
  static is(value: unknown): value is NonRetryableError {
    return isMarked(value, nonRetryable);
  }
}

Object.defineProperty(NonRetryableError.prototype, nonRetryable, { value: true });
