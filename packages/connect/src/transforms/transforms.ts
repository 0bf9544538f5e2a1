import { Config, ConfigError, listOf, problemsOf, type Properties, under, unknownIn } from '../config/definition.ts';
import { nearest } from '../config/nearest.ts';
import { cast } from './cast.ts';
import { extractField } from './extract.ts';
import { hoistField, insertField, replaceField, valueToKey } from './fields.ts';
import { flatten } from './flatten.ts';
import { dropHeaders, headerFrom, insertHeader, setSchemaMetadata } from './headers.ts';
import { maskField } from './mask.ts';
import type { ConnectRecord, Part, Predicate, Transform } from './record.ts';
import { filter, hasHeaderKey, recordIsTombstone, regexRouter, timestampRouter, topicNameMatches } from './routing.ts';
import { timestampConverter } from './timestamps.ts';
import type { PredicateClass, TransformClass } from './transform-class.ts';

const packageName = 'org.apache.kafka.connect.transforms';

const transformClasses: ReadonlyMap<string, TransformClass> = new Map([
  ['Cast', cast],
  ['DropHeaders', dropHeaders],
  ['ExtractField', extractField],
  ['Filter', filter],
  ['Flatten', flatten],
  ['HeaderFrom', headerFrom],
  ['HoistField', hoistField],
  ['InsertField', insertField],
  ['InsertHeader', insertHeader],
  ['MaskField', maskField],
  ['RegexRouter', regexRouter],
  ['ReplaceField', replaceField],
  ['SetSchemaMetadata', setSchemaMetadata],
  ['TimestampConverter', timestampConverter],
  ['TimestampRouter', timestampRouter],
  ['ValueToKey', valueToKey],
]);

const predicateClasses: ReadonlyMap<string, PredicateClass> = new Map([
  ['HasHeaderKey', hasHeaderKey],
  ['RecordIsTombstone', recordIsTombstone],
  ['TopicNameMatches', topicNameMatches],
]);

/** One transform of a chain, with the names that dead letters and messages use. */
export interface Step {
  readonly alias: string;
  readonly className: string;
  readonly apply: Transform;
}

export interface Chain {
  readonly steps: readonly Step[];
  /** Properties that have no effect. */
  readonly warnings: readonly string[];
}

/**
 * The transforms of a connector's properties (`transforms`, `transforms.<alias>.…`, `predicates`, `predicates.<alias>.…`).
 * Throws {@link ConfigError} with everything that is wrong, also what Kafka Connect finds only once a task runs.
 */
export function createTransforms(properties: Properties): Chain {
  const errors: string[] = [];
  const warnings: string[] = [];
  const attempt = <Made>(create: () => Made): Made | undefined => {
    try {
      return create();
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      errors.push(error.message);
      return undefined;
    }
  };
  const predicates = new Map<string, Predicate>();
  const predicateAliases = aliasesOf(properties, 'predicates', errors);
  for (const alias of predicateAliases) {
    const predicate = attempt(() => createPredicate(alias, properties, warnings));
    if (predicate !== undefined) predicates.set(alias, predicate);
  }
  const aliases = aliasesOf(properties, 'transforms', errors);
  const steps = aliases.flatMap((alias) => {
    const step = attempt(() => createStep(alias, properties, predicates, predicateAliases, warnings));
    return step === undefined ? [] : [step];
  });
  for (const [prefix, known] of [
    ['transforms', aliases],
    ['predicates', predicateAliases],
  ] as const)
    for (const name of Object.keys(under(`${prefix}.`, properties)))
      if (!known.some((alias) => name.startsWith(`${alias}.`)))
        warnings.push(`${prefix}.${name} has no effect: ${prefix} does not list it`);
  if (errors.length > 0) throw new ConfigError(errors.join('\n'));
  return { steps, warnings };
}

/** Runs a record through a chain; `null` where one step dropped it. `onStep` hears which step comes next. */
export function applyTransforms(
  { steps }: Pick<Chain, 'steps'>,
  record: ConnectRecord,
  onStep?: (step: Step) => void,
): ConnectRecord | null {
  let current = record;
  for (const step of steps) {
    onStep?.(step);
    const next = step.apply(current);
    if (next === null) return null;
    current = next;
  }
  return current;
}

function aliasesOf(properties: Properties, name: string, errors: string[]): string[] {
  const aliases = listOf(properties[name] ?? '');
  for (const alias of aliases.filter((entry, index) => aliases.indexOf(entry) !== index))
    errors.push(`${name} lists ${JSON.stringify(alias)} twice`);
  return [...new Set(aliases)];
}

const stepNames = ['type', 'predicate', 'negate', 'plugin.version'];

function createStep(
  alias: string,
  properties: Properties,
  predicates: ReadonlyMap<string, Predicate>,
  predicateAliases: readonly string[],
  warnings: string[],
): Step {
  const where = `transforms.${alias}.`;
  const given = under(where, properties);
  const { className, found, part } = findTransform(given['type'], where);
  warnings.push(...unknownIn(Object.keys(given), [...Object.keys(found.definitions), ...stepNames], where));
  const apply = make(where, () => found.create(new Config(found.definitions, given, where), part));
  const wanted = given['predicate'];
  const negate = given['negate'] ?? 'false';
  const problems = problemsOf({ negate: { type: 'boolean', doc: '' } }, { negate }, where);
  if (problems[0] !== undefined) throw new ConfigError(problems[0]);
  if (wanted === undefined) {
    if (negate.trim().toLowerCase() === 'true') warnings.push(`${where}negate has no effect without ${where}predicate`);
    return { alias, className, apply };
  }
  const predicate = predicates.get(wanted);
  if (predicate === undefined) {
    const close = nearest(wanted, predicateAliases);
    throw new ConfigError(
      `${where}predicate is ${JSON.stringify(wanted)}, which predicates does not list${close === undefined ? (predicateAliases.length === 0 ? `. Write predicates=${wanted}, and its type as predicates.${wanted}.type` : `: it lists ${predicateAliases.join(', ')}`) : `; did you mean ${close}?`}`,
    );
  }
  const isNegated = negate.trim().toLowerCase() === 'true';
  return { alias, className, apply: (record) => (predicate(record) === isNegated ? record : apply(record)) };
}

function createPredicate(alias: string, properties: Properties, warnings: string[]): Predicate {
  const where = `predicates.${alias}.`;
  const given = under(where, properties);
  const name = given['type']?.trim();
  const short = name?.startsWith(`${packageName}.predicates.`) === true ? name.slice(packageName.length + 12) : name;
  const found = predicateClasses.get(short ?? '');
  if (found === undefined) throw new ConfigError(notFound(`${where}type`, name, [...predicateClasses.keys()]));
  warnings.push(...unknownIn(Object.keys(given), [...Object.keys(found.definitions), 'type', 'plugin.version'], where));
  return make(where, () => found.create(new Config(found.definitions, given, where)));
}

/** Puts the place before what a class says of its own properties. */
function make<Made>(where: string, create: () => Made): Made {
  try {
    return create();
  } catch (error) {
    if (!(error instanceof ConfigError) || error.message.startsWith(where)) throw error;
    throw new ConfigError(`${where}${error.message}`, { cause: error });
  }
}

function notFound(property: string, name: string | undefined, names: readonly string[]): string {
  if (name === undefined) return `${property} is missing. Use one of: ${names.join(', ')}`;
  const close = nearest(name.slice(name.lastIndexOf('.') + 1), names);
  const hint = close === undefined ? `. Use one of: ${names.join(', ')}` : `; did you mean ${close}?`;
  return `${property} is ${JSON.stringify(name)}, which is not a known class${hint}`;
}

interface Found {
  readonly className: string;
  readonly found: TransformClass;
  readonly part: Part;
}

function findTransform(given: string | undefined, where: string): Found {
  const name = given?.trim() ?? '';
  const short = name.startsWith(`${packageName}.`) ? name.slice(packageName.length + 1) : name;
  const [base = '', suffix] = short.split('$');
  const found = transformClasses.get(base);
  const isPredicate = predicateClasses.has(base.replace(/^predicates\./, ''));
  if (isPredicate)
    throw new ConfigError(`${where}type is ${JSON.stringify(name)}, which is a predicate, not a transform`);
  if (base.endsWith('\\'))
    throw new ConfigError(`${where}type is ${JSON.stringify(name)}. Write one backslash less, or none, before the $`);
  const names = [...transformClasses].flatMap(([entry, of]) =>
    of.hasParts ? [`${entry}$Key`, `${entry}$Value`] : [entry],
  );
  if (found === undefined) throw new ConfigError(notFound(`${where}type`, given, names));
  const className = `${packageName}.${short}`;
  if (!found.hasParts && suffix === undefined) return { className, found, part: 'value' };
  if (found.hasParts && suffix === 'Key') return { className, found, part: 'key' };
  if (found.hasParts && suffix === 'Value') return { className, found, part: 'value' };
  const choices = found.hasParts ? `${base}$Key or ${base}$Value` : base;
  throw new ConfigError(`${where}type is ${JSON.stringify(name)}. Use ${packageName}.${choices}`);
}
