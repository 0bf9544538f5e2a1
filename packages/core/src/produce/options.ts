import type { Position } from '../model/encoded.ts';
import type { StreamError } from '../errors/stream-error.ts';
import type { Duration, Size } from '../units/units.ts';
import type { Backoff } from '../retry/backoff.ts';

export interface ProducerOptions {
  /** Unsent events at most; beyond it `send` waits. Default 10,000 events and 32 MB. */
  readonly maxBuffered?: { readonly events?: number; readonly bytes?: Size };
  /** How long `send` waits for room before it fails with `backpressure`. Default 60 s. */
  readonly maxBlock?: Duration;
  /** From `send` to its answer: then the event fails with what is known of it, also while an attempt is under way. Default 2 minutes. */
  readonly deliveryTimeout?: Duration;
  /** Waits this long for company even when nothing is in flight. Default 0: a batch leaves at once and collects while one is in flight. */
  readonly linger?: Duration;
  /** Waits between attempts of a batch. Default 50 ms doubling to 1 s, with jitter. */
  readonly backoff?: Backoff;
  /** What happens to later events of a key when one failed permanently. Default `continue`. */
  readonly afterFailure?: 'continue' | 'fail-key';
}

/** For one call of `send` or `sendBatch`. */
export interface SendOptions {
  /** Takes events back that are in no batch yet; of others it says that nobody knows. */
  readonly signal?: AbortSignal;
  /** Instead of the producer's: the call has its answer by then in any case. */
  readonly deliveryTimeout?: Duration;
  /** Instead of the producer's. */
  readonly maxBlock?: Duration;
}

/** Where a sent event stands. */
export interface SendReceipt {
  readonly partition: string | undefined;
  /** Absent where the service does not tell it (Event Hubs). */
  readonly position: Position | undefined;
}

/** One result of `sendBatch`. */
export type SendResult = ({ readonly ok: true } & SendReceipt) | { readonly ok: false; readonly error: StreamError };

export interface CloseOptions {
  /** How long what is under way may take; after it the rest is given up, and says so. */
  readonly deadline?: Duration;
}
