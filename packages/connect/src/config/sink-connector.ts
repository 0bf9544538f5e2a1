import type { SinkClass } from '../sinks/sink.ts';
import { javaRegex, matchesWhole } from '../transforms/java-regex.ts';
import type { Chain } from '../transforms/transforms.ts';
import {
  chainOf,
  commonDefinitions,
  commonWithoutEffect,
  type Converters,
  convertersOf,
  type Findings,
  unknownOf,
} from './common.ts';
import { Config, ConfigError, type Definitions, listOf, meantBy, problemsOf, type Properties } from './definition.ts';

/** What every sink's file may have, with Kafka Connect's defaults. */
export const sinkDefinitions: Definitions = {
  ...commonDefinitions,
  topics: { type: 'list', default: '', doc: 'the topics to read' },
  'topics.regex': { type: 'string', default: '', doc: 'the topics to read, by their whole name' },
  'errors.deadletterqueue.topic.name': { type: 'string', default: '', doc: 'the topic of dead letters' },
  'errors.deadletterqueue.topic.replication.factor': { type: 'int', default: '3', doc: 'its copies, if it is made' },
  'errors.deadletterqueue.context.headers.enable': {
    type: 'boolean',
    default: 'false',
    doc: 'whether letters say why',
  },
  'consumer.override.group.id': { type: 'string', optional: true, doc: 'the group, instead of connect-<name>' },
  'consumer.override.auto.offset.reset': {
    type: 'string',
    default: 'earliest',
    oneOf: ['earliest', 'latest'],
    doc: 'where a new group starts',
  },
  'consumer.override.max.poll.records': { type: 'int', default: '500', min: 1, doc: 'records per call of the sink' },
};

const withoutEffect: Readonly<Record<string, string>> = {
  ...commonWithoutEffect,
  'errors.retry.timeout': 'an unavailable target is tried until it recovers, and a bad record is bad at once',
  'errors.retry.delay.max.ms': 'waits double up to 30 s',
};

/** A sink that can start: nothing of its file is wrong. */
export interface SinkPlan {
  readonly kind: 'sink';
  readonly name: string;
  readonly config: Config;
  readonly sink: SinkClass;
  readonly sinkConfig: Config;
  readonly topics: readonly string[] | ((topic: string) => boolean);
  readonly converters: Converters;
  readonly chain: Chain;
}

/** Checks one sink's properties; everything that is wrong comes at once. */
export function checkSink(
  sink: SinkClass,
  given: Properties,
  worker: Properties,
  found: Findings,
): SinkPlan | undefined {
  found.errors.push(...problemsOf(sinkDefinitions, given));
  const topics = found.attempt(() => topicsOf(given));
  const chain = chainOf(given, found);
  const converters = convertersOf(given, worker, found);
  const problems = problemsOf(sink.definitions, given);
  found.errors.push(...problems);
  const sinkConfig = problems.length > 0 ? undefined : new Config(sink.definitions, given);
  if (sinkConfig !== undefined)
    found.attempt(() => sink.create(sinkConfig, { connector: given['name'] ?? '', task: 0, say: () => undefined }));
  const known = [...Object.keys(sinkDefinitions), ...Object.keys(sink.definitions)];
  found.warnings.push(...errorTraps(given), ...unknownOf(given, known, { ...withoutEffect, ...sink.withoutEffect }));
  if (found.errors.length > 0 || !(topics && chain && converters && sinkConfig)) return undefined;
  const config = new Config(sinkDefinitions, given);
  return { kind: 'sink', name: config.text('name'), config, sink, sinkConfig, topics, converters, chain };
}

function topicsOf(given: Properties): SinkPlan['topics'] {
  const topics = listOf(given['topics'] ?? '');
  const pattern = given['topics.regex']?.trim() ?? '';
  if (topics.length > 0 && pattern !== '') throw new ConfigError('topics and topics.regex are both given. Give one');
  if (topics.length === 0 && pattern === '')
    throw new ConfigError(
      `topics is missing: the topics to read. Give it, or topics.regex${meantBy('topics', sinkDefinitions, given)}`,
    );
  const odd = topics.find((topic) => /[;|\s"'/]/.test(topic));
  if (odd !== undefined)
    throw new ConfigError(
      `topics has ${JSON.stringify(odd)}, which is not the name of a topic. Put commas between names`,
    );
  const letters = given['errors.deadletterqueue.topic.name'] ?? '';
  const regex = pattern === '' ? undefined : javaRegex(pattern, 'topics.regex');
  const isRead = regex === undefined ? topics.includes(letters) : letters !== '' && matchesWhole(regex, letters);
  if (isRead)
    throw new ConfigError('errors.deadletterqueue.topic.name is one of the topics to read: letters would go round');
  return regex === undefined ? [...new Set(topics)] : (topic) => topic !== letters && matchesWhole(regex, topic);
}

/** Settings of errors that do less than they seem to. */
function errorTraps(given: Properties): string[] {
  const warnings: string[] = [];
  const letters = given['errors.deadletterqueue.topic.name'] ?? '';
  const toleratesAll = given['errors.tolerance'] === 'all';
  const isLogged = given['errors.log.enable']?.trim().toLowerCase() === 'true';
  if (letters !== '' && !toleratesAll)
    warnings.push(
      'errors.deadletterqueue.topic.name has no effect with errors.tolerance=none: the first bad record ends the connector',
    );
  if (toleratesAll && letters === '' && !isLogged)
    warnings.push(
      'errors.tolerance=all drops bad records without a trace. Give errors.deadletterqueue.topic.name, or errors.log.enable=true',
    );
  for (const name of ['topic.replication.factor', 'context.headers.enable'])
    if (letters === '' && given[`errors.deadletterqueue.${name}`] !== undefined)
      warnings.push(
        `errors.deadletterqueue.${name} has no effect without errors.deadletterqueue.topic.name: no dead letter is written`,
      );
  return warnings;
}
