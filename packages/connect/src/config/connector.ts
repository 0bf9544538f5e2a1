import { checkConverter, createConverter } from '../converters/converters.ts';
import type { Converter } from '../converters/converter.ts';
import { findSink } from '../sinks/sinks.ts';
import type { SinkClass } from '../sinks/sink.ts';
import { javaRegex, matchesWhole } from '../transforms/java-regex.ts';
import { type Chain, createTransforms } from '../transforms/transforms.ts';
import {
  Config,
  ConfigError,
  type Definitions,
  listOf,
  problemsOf,
  type Properties,
  under,
  unknownIn,
} from './definition.ts';

/** What every sink's file may have, with Kafka Connect's defaults. */
export const sinkDefinitions: Definitions = {
  name: { type: 'string', notEmpty: true, doc: 'the name of the connector' },
  'connector.class': { type: 'string', notEmpty: true, doc: 'what kind of connector it is' },
  'tasks.max': { type: 'int', default: '1', min: 1, doc: 'how many members its group gets here' },
  topics: { type: 'list', default: '', doc: 'the topics to read' },
  'topics.regex': { type: 'string', default: '', doc: 'the topics to read, by their whole name' },
  'key.converter': { type: 'string', optional: true, doc: 'instead of the worker’s' },
  'value.converter': { type: 'string', optional: true, doc: 'instead of the worker’s' },
  'header.converter': { type: 'string', optional: true, doc: 'instead of the worker’s' },
  transforms: { type: 'list', default: '', doc: 'the transforms, in order' },
  predicates: { type: 'list', default: '', doc: 'the predicates of transforms' },
  'errors.tolerance': { type: 'string', default: 'none', oneOf: ['none', 'all'], doc: 'what a bad record does' },
  'errors.log.enable': { type: 'boolean', default: 'false', doc: 'whether bad records are logged' },
  'errors.log.include.messages': { type: 'boolean', default: 'false', doc: 'whether the log says where they are' },
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
  'errors.retry.timeout': 'an unavailable target is tried until it recovers, and a bad record is bad at once',
  'errors.retry.delay.max.ms': 'waits double up to 30 s',
  'config.action.reload': 'files are read at start',
  'confluent.license': 'no license is needed',
};

/** A connector that can start: nothing of its file is wrong. */
export interface ConnectorPlan {
  readonly name: string;
  readonly config: Config;
  readonly sink: SinkClass;
  readonly sinkConfig: Config;
  readonly topics: readonly string[] | ((topic: string) => boolean);
  readonly converters: { readonly key: Converter; readonly value: Converter; readonly header: Converter };
  readonly chain: Chain;
}

export interface Checked {
  readonly plan: ConnectorPlan | undefined;
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
}

/** Checks one connector's properties; everything that is wrong comes at once. */
export function checkConnector(given: Properties, worker: Properties, own: readonly SinkClass[]): Checked {
  const errors = problemsOf(sinkDefinitions, given);
  const warnings: string[] = [];
  const attempt = <Made>(make: () => Made): Made | undefined => {
    try {
      return make();
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      errors.push(error.message);
      return undefined;
    }
  };
  const topics = attempt(() => topicsOf(given));
  const chain = attempt(() => createTransforms(given));
  warnings.push(...(chain?.warnings ?? []));
  const key = converterOf('key', given, worker, errors, warnings);
  const value = converterOf('value', given, worker, errors, warnings);
  const header = converterOf('header', given, worker, errors, warnings);
  const className = given['connector.class'];
  const sink = className === undefined ? undefined : attempt(() => findSink(className, own));
  const sinkConfig = sink === undefined ? undefined : sinkConfigOf(sink, given, errors);
  if (sink !== undefined && sinkConfig !== undefined)
    attempt(() => sink.create(sinkConfig, { connector: given['name'] ?? '', task: 0, say: () => undefined }));
  warnings.push(...errorTraps(given), ...unknown(given, sink));
  const isWhole = topics && chain && key && value && header && sink && sinkConfig;
  if (!isWhole || errors.length > 0) return { plan: undefined, errors, warnings };
  const config = new Config(sinkDefinitions, given);
  const converters = { key, value, header };
  return { plan: { name: config.text('name'), config, sink, sinkConfig, topics, converters, chain }, errors, warnings };
}

function sinkConfigOf(sink: SinkClass, given: Properties, errors: string[]): Config | undefined {
  const problems = problemsOf(sink.definitions, given);
  errors.push(...problems);
  return problems.length > 0 ? undefined : new Config(sink.definitions, given);
}

function topicsOf(given: Properties): ConnectorPlan['topics'] {
  const topics = listOf(given['topics'] ?? '');
  const pattern = given['topics.regex']?.trim() ?? '';
  if (topics.length > 0 === (pattern !== ''))
    throw new ConfigError('one of topics and topics.regex is needed, and not both');
  const letters = given['errors.deadletterqueue.topic.name'] ?? '';
  const regex = pattern === '' ? undefined : javaRegex(pattern, 'topics.regex');
  const isRead = regex === undefined ? topics.includes(letters) : letters !== '' && matchesWhole(regex, letters);
  if (isRead)
    throw new ConfigError('errors.deadletterqueue.topic.name is one of the topics to read: letters would go round');
  return regex === undefined ? [...new Set(topics)] : (topic) => topic !== letters && matchesWhole(regex, topic);
}

/** A connector's converter replaces the worker's with all its settings; without one, the worker's counts as it is. */
function converterOf(
  part: 'key' | 'value' | 'header',
  given: Properties,
  worker: Properties,
  errors: string[],
  warnings: string[],
): Converter | undefined {
  const name = `${part}.converter`;
  const isOwn = given[name] !== undefined;
  const className = given[name] ?? worker[name] ?? (part === 'header' ? 'SimpleHeaderConverter' : undefined);
  const settings = under(`${name}.`, given);
  if (!isOwn)
    for (const setting of Object.keys(settings))
      warnings.push(
        `${name}.${setting} has no effect without ${name} in this file: the worker’s converter counts as it is`,
      );
  // Without a class the worker's file is at fault, and says so itself.
  if (className === undefined) return undefined;
  const properties = isOwn ? settings : under(`${name}.`, worker);
  const checked = checkConverter(className, properties, `${name}.`);
  if (isOwn) {
    warnings.push(...checked.warnings);
    const inherited = worker[`${name}.schemas.enable`];
    if (className.endsWith('JsonConverter') && properties['schemas.enable'] === undefined && inherited !== undefined)
      warnings.push(
        `${name}.schemas.enable is true here: a connector’s own converter takes no setting of the worker’s (${inherited})`,
      );
  }
  if (checked.errors.length > 0) {
    errors.push(...checked.errors);
    return undefined;
  }
  return createConverter(className, properties);
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

function unknown(given: Properties, sink: SinkClass | undefined): string[] {
  const idle = { ...withoutEffect, ...sink?.withoutEffect };
  const open = ['key.converter.', 'value.converter.', 'header.converter.', 'transforms.', 'predicates.'];
  const names = Object.keys(given).filter((name) => !open.some((prefix) => name.startsWith(prefix)));
  const known = [...Object.keys(sinkDefinitions), ...Object.keys(sink?.definitions ?? {})];
  const named = names.flatMap((name) => (idle[name] === undefined ? [] : [`${name} has no effect: ${idle[name]}`]));
  return [
    ...named,
    ...unknownIn(
      names.filter((name) => idle[name] === undefined),
      known,
    ),
  ];
}
