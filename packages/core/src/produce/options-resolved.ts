import { StreamError } from '../errors/stream-error.ts';
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

const known = new Set(['maxBuffered', 'maxBlock', 'deliveryTimeout', 'linger', 'backoff', 'afterFailure']);

/** Throws `invalid-config` that names the option. */
export function resolveProducerOptions(options: ProducerOptions = {}): WriterOptions {
  for (const name of Object.keys(options)) {
    if (!known.has(name)) throw invalid(`unknown option ${name}. Known are ${[...known].join(', ')}`);
  }
  const maxEvents = options.maxBuffered?.events ?? 10_000;
  if (!Number.isInteger(maxEvents) || maxEvents < 1)
    throw invalid(`maxBuffered.events is ${maxEvents}. Give a whole number of 1 or more`);
  const afterFailure = options.afterFailure ?? 'continue';
  if (afterFailure !== 'continue' && afterFailure !== 'fail-key')
    throw invalid(`afterFailure is ${String(afterFailure)}. Give 'continue' or 'fail-key'`);
  return {
    maxEvents,
    maxBytes: toBytes(options.maxBuffered?.bytes ?? '32mb', 'maxBuffered.bytes'),
    maxBlockMs: toMilliseconds(options.maxBlock ?? '60s', 'maxBlock'),
    deliveryTimeoutMs: toMilliseconds(options.deliveryTimeout ?? '2m', 'deliveryTimeout'),
    lingerMs: toMilliseconds(options.linger ?? 0, 'linger'),
    backoff: resolveBackoff(options.backoff, { initial: 50, max: 1_000, jitter: 'full' }, 'backoff'),
    afterFailure,
  };
}

function invalid(message: string): StreamError {
  return new StreamError('invalid-config', message, { where: 'producer' });
}
