import type { Adapter } from '../contract/adapter.ts';
import { openAdapter } from '../contract/open-adapter.ts';
import { StreamError } from '../errors/stream-error.ts';
import { checkTopic, type Topic } from '../model/define-topic.ts';
import { checkMiddleware } from '../produce/middleware.ts';
import { checkNames, checkSignal, oneOf, refused } from '../options/checks.ts';
import { toMilliseconds } from '../units/units.ts';
import type { Consent, StreamsOptions } from './types.ts';

/** The options of `createStreams`, for those who take them along with their own. */
export const streamsOptionNames: readonly string[] = [
  ...['adapter', 'topics', 'topology', 'consent', 'connectTimeout', 'source', 'clock', 'random', 'middleware'],
  'logger',
];
const where = 'streams';

/** Throws `invalid-config` for options of a client that mean nothing, before anything is opened. */
export function checkStreamsOptions(options: StreamsOptions): void {
  checkNames(options, streamsOptionNames, where);
  const { adapter, topics, topology, consent = [], connectTimeout, source, clock, random, logger } = options;
  openAdapter(adapter);
  if (!Array.isArray(topics)) throw refused('topics', topics, 'an array of what defineTopic returns', where);
  const declared = new Map<string, Topic>();
  for (const topic of options.topics) {
    checkTopic(topic, where);
    if ((declared.get(topic.name) ?? topic) !== topic)
      throw new StreamError(
        'invalid-config',
        `topics has two declarations of "${topic.name}". Declare a topic once, with all its event types, and import it where it is used`,
        { where },
      );
    declared.set(topic.name, topic);
  }
  if (topology !== undefined) oneOf('topology', topology, ['ensure', 'validate', 'assume'], where);
  checkConsent(consent);
  checkMiddleware(options.middleware, ['send', 'handle'], where);
  if (connectTimeout !== undefined) toMilliseconds(connectTimeout, 'connectTimeout');
  if (source !== undefined && (typeof source !== 'string' || source === ''))
    throw refused('source', source, 'text, the source of events that name none', where);
  if (clock !== undefined && !has(clock, 'now', 'monotonic', 'timer')) throw refused('clock', clock, 'a Clock', where);
  if (logger !== undefined && !isLogger(logger))
    throw refused('logger', logger, 'an object with the functions debug, info, warn and error', where);
  if (random !== undefined && typeof random !== 'function')
    throw refused('random', random, 'a function that returns numbers from 0 to 1', where);
}

/** Throws `invalid-config` for words of consent that there are none of. */
export function checkConsent(consent: readonly Consent[]): void {
  if (!Array.isArray(consent)) throw refused('consent', consent, 'an array of consent names', where);
  for (const word of consent) oneOf('consent', word, ['grow-keyed-topic', 'shorten-retention'], where);
}

/** Throws `invalid-config` for a listing of dead letters without a group, or with options that mean nothing. */
export function checkLetters(options: { readonly group: string; readonly signal?: AbortSignal }): void {
  checkNames(options, ['group', 'signal'], 'dead letters');
  checkGroup(options.group, 'dead letters');
  checkSignal(options.signal, 'dead letters');
}

/** Throws `invalid-config` for what is not a name of a group, also of another client. */
export function checkGroup(group: unknown, of: string): void {
  if (typeof group !== 'string' || group === '') throw refused('group', group, 'the name of a group', of);
}

/** Throws `invalid-config` for a group that is not there: a new one has a name that every provider takes. */
export async function checkExists(adapter: Adapter, topic: string, group: string, signal: AbortSignal): Promise<void> {
  const groups = await adapter.admin.listGroups(topic, signal);
  if (!groups.includes(group))
    throw refused(
      'group',
      group,
      'a name of 1 to 100 letters, digits, ".", "_" or "-", or that of a group that exists',
      where,
    );
}

function has(value: unknown, ...names: readonly string[]): boolean {
  return typeof value === 'object' && value !== null && names.every((name) => name in value);
}

function isLogger(logger: object): boolean {
  return ['debug', 'info', 'warn', 'error'].every((level) => typeof Reflect.get(Object(logger), level) === 'function');
}
