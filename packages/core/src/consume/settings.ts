import { types } from 'node:util';
import { checkNames, oneOf, refused, whole } from '../options/checks.ts';
import { resolveBackoff } from '../retry/backoff.ts';
import type { RetryPolicy } from '../retry/policy.ts';
import { toBytes, toMilliseconds } from '../units/units.ts';
import type { ConsumerOptions, Ordering, ProcessOptions } from './options.ts';

/** Options of a consumer or replay in plain units, defaults filled in. */
export interface EngineSettings {
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
  readonly onUnknownType: 'dead-letter' | 'stop' | 'skip';
  readonly onExpired: 'stop' | 'continue';
}

const processing = ['concurrency', 'ordering', 'maxInFlight', 'maxSpan', 'handlerTimeout', 'retry', 'drainTimeout'];
const consuming = [
  ...processing,
  'group',
  'from',
  'onFailure',
  'onUnknownType',
  'onExpired',
  'commitInterval',
  'clientId',
  'middleware',
];
const replaying = [...processing, 'from', 'to', 'key'];
const where = 'consumer';

/** What a replay is asked for beside the options of its engine. */
interface RangeOptions extends ProcessOptions {
  readonly from: unknown;
  readonly to?: unknown;
  readonly key?: unknown;
}

/** What every provider takes as the name of a group. */
const portableGroup = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;
/** What groups of other clients may be called: without control characters, and on a typed topic without spaces. */
const foreignGroup = /^[\u0021-\u007e]{1,249}$/;
const anyGroup = /^[^\p{Cc}\p{Cs}]{1,249}$/u;

/** Whether a new group may have this name. */
export function isPortableGroup(group: string): boolean {
  return portableGroup.test(group);
}

/** What the topic and the provider add to the options of a consumer. */
interface Surroundings {
  /** Groups of raw topics, which may be those of others, may have almost any name. */
  readonly isRaw?: boolean;
  /** The default of the provider. */
  readonly commitIntervalMs?: number | undefined;
}

/** Throws `invalid-config` that names the option. */
export function resolveConsumerOptions(
  options: ConsumerOptions,
  { isRaw = false, commitIntervalMs = 200 }: Surroundings = {},
): EngineSettings {
  if (options === undefined)
    throw refused('options', options, "at least the group, such as { group: 'billing' }", where);
  checkNames(options, consuming, where);
  const { group, clientId } = options;
  if (typeof group !== 'string' || !(isRaw ? anyGroup : foreignGroup).test(group))
    throw refused('group', group, 'a name of 1 to 100 letters, digits, ".", "_" or "-"', where);
  if (clientId !== undefined && (typeof clientId !== 'string' || clientId === ''))
    throw refused('clientId', clientId, 'text, a name of this member', where);
  const { from = 'earliest' } = options;
  if (from !== 'earliest' && from !== 'latest' && !isTime(from))
    throw refused('from', from, "'earliest', 'latest' or a valid Date", where);
  const onFailure = oneOf('onFailure', options.onFailure ?? 'dead-letter', ['dead-letter', 'stop', 'skip'], where);
  return {
    ...resolveProcessOptions(options),
    commitIntervalMs: toMilliseconds(options.commitInterval ?? commitIntervalMs, 'commitInterval'),
    onFailure,
    onUnknownType: oneOf('onUnknownType', options.onUnknownType ?? onFailure, ['dead-letter', 'stop', 'skip'], where),
    onExpired: oneOf('onExpired', options.onExpired ?? 'stop', ['stop', 'continue'], where),
  };
}

/** A replay has no group: nothing to commit, no dead letters, the first hopeless event stops it. Throws as above. */
export function resolveReplayOptions(options: RangeOptions): EngineSettings {
  checkNames(options, replaying, where);
  const { from, to = 'now', key = '' } = options;
  if (from !== 'earliest' && from !== 'latest' && !isTime(from) && !isMap(from))
    throw refused('from', from, "'earliest', 'latest', a valid Date, or a Map of partition to position", where);
  if (to !== 'now' && !isTime(to)) throw refused('to', to, "'now' or a valid Date", where);
  if (typeof key !== 'string') throw refused('key', key, 'the text of a key', where);
  return {
    ...resolveProcessOptions(options),
    commitIntervalMs: Infinity,
    onFailure: 'stop',
    onUnknownType: 'stop',
    onExpired: 'continue',
  };
}

function resolveProcessOptions(
  options: ProcessOptions,
): Omit<EngineSettings, 'commitIntervalMs' | 'onFailure' | 'onUnknownType' | 'onExpired'> {
  const { maxInFlight = {}, retry = {} } = options;
  checkNames(maxInFlight, ['events', 'bytes'], where, 'maxInFlight');
  checkNames(retry, ['attempts', 'backoff'], where, 'retry');
  return {
    concurrency: whole('concurrency', options.concurrency ?? 16, where),
    ordering: oneOf('ordering', options.ordering ?? 'key', ['key', 'partition', 'none'], where),
    maxEvents: whole('maxInFlight.events', maxInFlight.events ?? 500, where),
    maxBytes: toBytes(maxInFlight.bytes ?? '16mb', 'maxInFlight.bytes'),
    maxSpan: whole('maxSpan', options.maxSpan ?? 50_000, where),
    handlerTimeoutMs: atLeastOne('handlerTimeout', toMilliseconds(options.handlerTimeout ?? '30s', 'handlerTimeout')),
    retry: {
      attempts: whole('retry.attempts', retry.attempts ?? 5, where),
      backoff: resolveBackoff(retry.backoff, { initial: 200, max: 30_000, jitter: 'full' }, 'retry.backoff'),
    },
    drainTimeoutMs: toMilliseconds(options.drainTimeout ?? '25s', 'drainTimeout'),
  };
}

function atLeastOne(option: string, ms: number): number {
  if (ms >= 1) return ms;
  throw refused(option, ms, 'at least 1 ms', where);
}

export function isTime(value: unknown): boolean {
  // Also one of another realm, as test runners make them.
  return types.isDate(value) && !Number.isNaN(value.getTime());
}

export function isMap(value: unknown): value is object {
  return typeof value === 'object' && value !== null && 'get' in value && Symbol.iterator in value;
}
