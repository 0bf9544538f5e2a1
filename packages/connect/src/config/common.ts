import type { Converter } from '../converters/converter.ts';
import { checkConverter, createConverter } from '../converters/converters.ts';
import { type Chain, createTransforms } from '../transforms/transforms.ts';
import { nearest } from './nearest.ts';
import { workerDefinitions, workerWithoutEffect } from './worker.ts';
import { ConfigError, type Definitions, type Properties, under, unknownIn } from './definition.ts';

/** What every connector's file may have, with Kafka Connect's defaults. */
export const commonDefinitions: Definitions = {
  name: { type: 'string', notEmpty: true, doc: 'the name of the connector' },
  'connector.class': { type: 'string', notEmpty: true, doc: 'what kind of connector it is' },
  'tasks.max': { type: 'int', default: '1', min: 1, doc: 'how many tasks it gets' },
  'key.converter': { type: 'string', optional: true, doc: 'instead of the worker’s' },
  'value.converter': { type: 'string', optional: true, doc: 'instead of the worker’s' },
  'header.converter': { type: 'string', optional: true, doc: 'instead of the worker’s' },
  transforms: { type: 'list', default: '', doc: 'the transforms, in order' },
  predicates: { type: 'list', default: '', doc: 'the predicates of transforms' },
  'errors.tolerance': { type: 'string', default: 'none', oneOf: ['none', 'all'], doc: 'what a bad record does' },
  'errors.log.enable': { type: 'boolean', default: 'false', doc: 'whether bad records are logged' },
  'errors.log.include.messages': { type: 'boolean', default: 'false', doc: 'whether the log says where they are' },
};

export const commonWithoutEffect: Readonly<Record<string, string>> = {
  'config.action.reload': 'files are read at start',
  'confluent.license': 'no license is needed',
};

/** The converters of a connector. */
export interface Converters {
  readonly key: Converter;
  readonly value: Converter;
  readonly header: Converter;
}

/** What was found in one connector's file. */
export class Findings {
  readonly errors: string[] = [];
  readonly warnings: string[] = [];

  /** What `make` makes; its `ConfigError` is noted, and nothing made. */
  attempt<Made>(make: () => Made): Made | undefined {
    try {
      return make();
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      this.errors.push(error.message);
      return undefined;
    }
  }
}

export function chainOf(given: Properties, found: Findings): Chain | undefined {
  const chain = found.attempt(() => createTransforms(given));
  found.warnings.push(...(chain?.warnings ?? []));
  return chain;
}

export function convertersOf(given: Properties, worker: Properties, found: Findings): Converters | undefined {
  const key = converterOf('key', given, worker, found);
  const value = converterOf('value', given, worker, found);
  const header = converterOf('header', given, worker, found);
  return key && value && header && { key, value, header };
}

/** A connector's converter replaces the worker's with all its settings; without one, the worker's counts as it is. */
function converterOf(
  part: 'key' | 'value' | 'header',
  given: Properties,
  worker: Properties,
  { errors, warnings }: Findings,
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
  if (part === 'header' && /(?:^|\.)Avro(?:Converter)?$/.test(className.trim())) {
    errors.push(
      `${name} is ${className}, which writes keys and values of topics only. Use SimpleHeaderConverter or StringConverter`,
    );
    return undefined;
  }
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

function isOfWorker(name: string): boolean {
  return name in workerDefinitions || name.startsWith('config.providers.');
}

/** What is said of properties that have no effect, or that nothing here knows. */
export function unknownOf(
  given: Properties,
  known: readonly string[],
  idle: Readonly<Record<string, string>>,
): readonly string[] {
  const open = ['key.converter.', 'value.converter.', 'header.converter.', 'transforms.', 'predicates.'];
  const names = Object.keys(given).filter((name) => !open.some((prefix) => name.startsWith(prefix)));
  // A name that is close to one that is known is a typo of that.
  const isOfClient = (name: string): boolean =>
    /^(?:consumer|producer|admin)\.override\./.test(name) &&
    !known.includes(name) &&
    nearest(name, known) === undefined;
  const named = names.flatMap((name) => {
    const nowhere = workerWithoutEffect[name];
    if (nowhere !== undefined && !known.includes(name) && idle[name] === undefined)
      return [`${name} has no effect: ${nowhere}`];
    if (isOfWorker(name) && !known.includes(name) && idle[name] === undefined)
      return [`${name} has no effect in a connector’s file, as in Kafka Connect. It belongs in the worker file`];
    const override = name.replace(/^(consumer|producer|admin)\./, '$1.override.');
    if (override !== name && known.includes(override))
      return [`${name} has no effect in a connector’s file. Write ${override}`];
    if (isOfClient(name)) return [`${name} is a setting of Kafka’s Java clients, and has no effect here`];
    return idle[name] === undefined ? [] : [`${name} has no effect: ${idle[name]}`];
  });
  const others = names.filter((name) => !named.some((text) => text.startsWith(`${name} `)));
  return [...named, ...unknownIn(others, known)];
}
