import { checkNames, oneOf, whole } from '../options/checks.ts';
import { resolveBackoff, type BackoffMs } from '../retry/backoff.ts';
import { toBytes, toMilliseconds } from '../time/units.ts';
import type { ProducerOptions } from './options.ts';

/** Producer options in plain units, defaults filled in. */
export interface WriterOptions {
  readonly maxEvents: number;
  readonly maxBytes: number;
  readonly maxBlockMs: number;
  readonly deliveryTimeoutMs: number;
  readonly lingerMs: number;
  readonly backoff: BackoffMs;
  readonly afterFailure: 'continue' | 'fail-key';
}

const known = ['maxBuffered', 'maxBlock', 'deliveryTimeout', 'linger', 'backoff', 'afterFailure'];
const where = 'producer';

/** Throws `invalid-config` that names the option. */
export function resolveProducerOptions(options: ProducerOptions = {}): WriterOptions {
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
