import { StreamError } from '../errors/stream-error.ts';
import { resolveBackoff } from '../retry/backoff.ts';
import type { RetryPolicy } from '../retry/policy.ts';
import { toBytes, toMilliseconds } from '../time/units.ts';
import type { ConsumerOptions, Ordering, ProcessOptions } from './options.ts';

/** Options of a consumer or replay in plain units, defaults filled in. */
export interface EngineOptions {
  readonly concurrency: number;
  readonly ordering: Ordering;
  readonly maxEvents: number;
  readonly maxBytes: number;
  readonly maxSpan: number;
  readonly handlerTimeoutMs: number;
  readonly retry: RetryPolicy;
  readonly drainTimeoutMs: number;
  readonly commitIntervalMs: number;
  readonly onFailure: 'dead-letter' | 'stop' | 'skip';
  readonly onExpired: 'stop' | 'continue';
}

const processing = ['concurrency', 'ordering', 'maxInFlight', 'maxSpan', 'handlerTimeout', 'retry', 'drainTimeout'];
const consuming = [...processing, 'group', 'from', 'onFailure', 'onExpired', 'commitInterval', 'clientId'];
const replaying = [...processing, 'from', 'to', 'key'];

/** Throws `invalid-config` that names the option. */
export function resolveConsumerOptions(options: ConsumerOptions): EngineOptions {
  checkNames(options, consuming);
  if (typeof options.group !== 'string' || !/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(options.group))
    throw invalid(
      `group is ${JSON.stringify(options.group)}. Give a name of 1 to 100 letters, digits, ".", "_" or "-"`,
    );
  return {
    ...resolveProcessOptions(options),
    commitIntervalMs: toMilliseconds(options.commitInterval ?? 200, 'commitInterval'),
    onFailure: oneOf('onFailure', options.onFailure ?? 'dead-letter', ['dead-letter', 'stop', 'skip']),
    onExpired: oneOf('onExpired', options.onExpired ?? 'stop', ['stop', 'continue']),
  };
}

/** A replay has no group: nothing to commit, no dead letters, the first hopeless event stops it. Throws as above. */
export function resolveReplayOptions(options: ProcessOptions): EngineOptions {
  checkNames(options, replaying);
  return { ...resolveProcessOptions(options), commitIntervalMs: Infinity, onFailure: 'stop', onExpired: 'continue' };
}

function resolveProcessOptions(
  options: ProcessOptions,
): Omit<EngineOptions, 'commitIntervalMs' | 'onFailure' | 'onExpired'> {
  return {
    concurrency: whole('concurrency', options.concurrency ?? 16),
    ordering: oneOf('ordering', options.ordering ?? 'key', ['key', 'partition', 'none']),
    maxEvents: whole('maxInFlight.events', options.maxInFlight?.events ?? 500),
    maxBytes: toBytes(options.maxInFlight?.bytes ?? '16mb', 'maxInFlight.bytes'),
    maxSpan: whole('maxSpan', options.maxSpan ?? 50_000),
    handlerTimeoutMs: atLeastOne('handlerTimeout', toMilliseconds(options.handlerTimeout ?? '30s', 'handlerTimeout')),
    retry: {
      attempts: whole('retry.attempts', options.retry?.attempts ?? 5),
      backoff: resolveBackoff(options.retry?.backoff, { initial: 200, max: 30_000, jitter: 'full' }, 'retry.backoff'),
    },
    drainTimeoutMs: toMilliseconds(options.drainTimeout ?? '25s', 'drainTimeout'),
  };
}

function checkNames(options: object, known: readonly string[]): void {
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) throw invalid(`unknown option ${name}. Known are ${known.join(', ')}`);
  }
}

function whole(option: string, value: number): number {
  if (Number.isInteger(value) && value >= 1) return value;
  throw invalid(`${option} is ${String(value)}. Give a whole number of 1 or more`);
}

function atLeastOne(option: string, ms: number): number {
  if (ms >= 1) return ms;
  throw invalid(`${option} is ${ms} ms. Give at least 1 ms`);
}

function oneOf<const Value extends string>(option: string, value: Value, allowed: readonly Value[]): Value {
  if (allowed.includes(value)) return value;
  throw invalid(`${option} is ${JSON.stringify(value)}. Give one of ${allowed.join(', ')}`);
}

function invalid(message: string): StreamError {
  return new StreamError('invalid-config', message, { where: 'consumer' });
}
