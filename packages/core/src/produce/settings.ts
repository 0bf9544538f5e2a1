import { checkNames, oneOf, whole } from '../options/checks.ts';
import { resolveBackoff, type BackoffMs } from '../retry/backoff.ts';
import { toBytes, toMilliseconds } from '../units/units.ts';
import type { ProducerOptions, SendOptions } from './options.ts';

/** Producer options in plain units, defaults filled in. */
export interface WriterSettings {
  readonly maxEvents: number;
  readonly maxBytes: number;
  readonly maxBlockMs: number;
  readonly deliveryTimeoutMs: number;
  readonly lingerMs: number;
  readonly backoff: BackoffMs;
  readonly afterFailure: 'continue' | 'fail-key';
}

/** Options of one send in plain units. */
export interface SendSettings {
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs: number;
  readonly blockMs: number;
  /** Monotonic time of the call. */
  readonly sentAt: number;
}

const known = ['maxBuffered', 'maxBlock', 'deliveryTimeout', 'linger', 'backoff', 'afterFailure', 'middleware'];
const where = 'producer';

/** Throws `invalid-config` that names the option. */
export function resolveProducerOptions(options: ProducerOptions = {}): WriterSettings {
  checkNames(options, known, where);
  const { maxBuffered = {} } = options;
  checkNames(maxBuffered, ['events', 'bytes'], where, 'maxBuffered');
  return {
    maxEvents: whole('maxBuffered.events', maxBuffered.events ?? 10_000, where),
    maxBytes: toBytes(maxBuffered.bytes ?? '32mb', 'maxBuffered.bytes'),
    maxBlockMs: toMilliseconds(options.maxBlock ?? '60s', 'maxBlock'),
    deliveryTimeoutMs: toMilliseconds(options.deliveryTimeout ?? '2m', 'deliveryTimeout'),
    lingerMs: toMilliseconds(options.linger ?? 0, 'linger'),
    backoff: resolveBackoff(options.backoff, { initial: 50, max: 1_000, jitter: 'full' }, 'backoff'),
    afterFailure: oneOf('afterFailure', options.afterFailure ?? 'continue', ['continue', 'fail-key'], where),
  };
}

/** What one call says, else the producer. Throws `invalid-config` that names the option. */
export function resolveSendOptions(
  { signal, deliveryTimeout, maxBlock, ...rest }: SendOptions,
  { deliveryTimeoutMs, maxBlockMs }: WriterSettings,
  sentAt: number,
): SendSettings {
  checkNames(rest, ['signal', 'deliveryTimeout', 'maxBlock'], where);
  const timeoutMs =
    deliveryTimeout === undefined ? deliveryTimeoutMs : toMilliseconds(deliveryTimeout, 'deliveryTimeout');
  const blockMs = maxBlock === undefined ? maxBlockMs : toMilliseconds(maxBlock, 'maxBlock');
  // Nobody has an answer later than that, so nobody waits longer for room.
  return { signal, timeoutMs, blockMs: Math.min(blockMs, timeoutMs), sentAt };
}
