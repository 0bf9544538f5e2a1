import type { SourceClass } from '../sources/source.ts';
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
import { Config, type Definitions, problemsOf, type Properties } from './definition.ts';

/** What every source's file may have, with Kafka Connect's defaults. */
export const sourceDefinitions: Definitions = {
  ...commonDefinitions,
  'topic.creation.default.replication.factor': {
    type: 'int',
    optional: true,
    min: -1,
    doc: 'copies of a topic that is made; -1 for what the service has as its default',
  },
  'topic.creation.default.partitions': {
    type: 'int',
    optional: true,
    min: -1,
    doc: 'partitions of a topic that is made; -1 for what the service has as its default',
  },
  'exactly.once.support': {
    type: 'string',
    default: 'requested',
    oneOf: ['requested', 'required', 'REQUESTED', 'REQUIRED'],
    doc: 'whether it may run where an event can be stored twice',
  },
};

const letters = 'Kafka Connect writes no dead letters of sources, and neither is one written here';

const withoutEffect: Readonly<Record<string, string>> = {
  ...commonWithoutEffect,
  'errors.retry.timeout': 'a source that is unavailable is tried until it recovers, and a bad record is bad at once',
  'errors.retry.delay.max.ms': 'waits double up to 30 s',
  'errors.deadletterqueue.topic.name': `${letters}. errors.log.enable=true says which records are skipped`,
  'errors.deadletterqueue.topic.replication.factor': letters,
  'errors.deadletterqueue.context.headers.enable': letters,
  topics: 'a source writes, and its class has a property of its own for where to',
  'topics.regex': 'a source writes, and its class has a property of its own for where to',
  'transaction.boundary': 'nothing is written in transactions',
  'transaction.boundary.interval.ms': 'nothing is written in transactions',
  'offsets.storage.topic': 'offsets of all connectors are kept where the worker’s file says',
};

/** A source that can start: nothing of its file is wrong. */
export interface SourcePlan {
  readonly kind: 'source';
  readonly name: string;
  readonly config: Config;
  readonly source: SourceClass;
  readonly sourceConfig: Config;
  readonly converters: Converters;
  readonly chain: Chain;
}

/** Checks one source's properties; everything that is wrong comes at once. */
export function checkSource(
  source: SourceClass,
  given: Properties,
  worker: Properties,
  found: Findings,
): SourcePlan | undefined {
  found.errors.push(...problemsOf(sourceDefinitions, given));
  const chain = chainOf(given, found);
  const converters = convertersOf(given, worker, found);
  const problems = problemsOf(source.definitions, given);
  found.errors.push(...problems);
  const sourceConfig = problems.length > 0 ? undefined : new Config(source.definitions, given);
  if (sourceConfig !== undefined) {
    const made = found.attempt(() =>
      source.create(sourceConfig, { connector: given['name'] ?? '', say: () => undefined }),
    );
    if (made !== undefined && 'relay' in made && (chain?.steps.length ?? 0) > 0)
      found.errors.push('transforms do not see the events of this source, which it sends as their topics declare them');
    if (made !== undefined) found.warnings.push(...(source.differences?.(sourceConfig) ?? []));
    if (made !== undefined && !('relay' in made)) found.warnings.push(...envelopes(given, worker));
  }
  if (given['exactly.once.support']?.toLowerCase() === 'required')
    found.errors.push(
      'exactly.once.support is required, which cannot be kept: after a crash events since the last flush of offsets are stored again. Set it to requested',
    );
  // A property that the class has itself is not idle.
  const own = Object.keys(source.definitions);
  const idle = Object.entries({ ...withoutEffect, ...source.withoutEffect }).filter(([name]) => !own.includes(name));
  const known = [...Object.keys(sourceDefinitions), ...own];
  found.warnings.push(...errorTraps(given), ...unknownOf(given, known, Object.fromEntries(idle)));
  if (found.errors.length > 0 || !(chain && converters && sourceConfig)) return undefined;
  const config = new Config(sourceDefinitions, given);
  return { kind: 'source', name: config.text('name'), config, source, sourceConfig, converters, chain };
}

/** JSON that is written with its schema though nobody asked for that. */
function envelopes(given: Properties, worker: Properties): string[] {
  return ['key', 'value'].flatMap((part) => {
    const name = `${part}.converter`;
    const from = given[name] === undefined ? worker : given;
    const isPlain =
      from[name]?.trim().endsWith('JsonConverter') !== true || from[`${name}.schemas.enable`] !== undefined;
    const what = part === 'key' ? 'keys that are not null' : 'values';
    return isPlain
      ? []
      : [
          `${name}.schemas.enable is true, which is its default: ${what} are written as {"schema":…,"payload":…}. Set it to false for plain JSON, or to true to hide this`,
        ];
  });
}

/** Settings that do less than they seem to. */
function errorTraps(given: Properties): string[] {
  const warnings: string[] = [];
  const isOn = (name: string): boolean => given[name]?.trim().toLowerCase() === 'true';
  if (given['errors.tolerance'] === 'all' && !isOn('errors.log.enable'))
    warnings.push('errors.tolerance=all drops bad records without a trace. Give errors.log.enable=true');
  if (isOn('errors.log.enable') && isOn('errors.log.include.messages'))
    warnings.push(
      'errors.log.include.messages logs the place of a record, where Kafka Connect logs the whole record, with its values',
    );
  if (Number(given['tasks.max'] ?? '1') > 1)
    warnings.push(`tasks.max is ${given['tasks.max']}, and this source has one task`);
  const creation = ['replication.factor', 'partitions'].map((name) => `topic.creation.default.${name}`);
  const [there, missing] = [
    creation.filter((name) => given[name] !== undefined),
    creation.filter((name) => given[name] === undefined),
  ];
  if (there.length === 1 && missing.length === 1)
    warnings.push(`${there.join()} has no effect without ${missing.join()}: no topic is made`);
  return warnings;
}
