import { readFile } from 'node:fs/promises';
import { parseProperties } from '../properties/parse.ts';
import type { SinkClass } from '../sinks/sink.ts';
import { knownSinks } from '../sinks/sinks.ts';
import { builtInSources } from '../sources/sources.ts';
import type { SourceClass } from '../sources/source.ts';
import { checkConnector, type ConnectorPlan } from './check-connector.ts';
import { sinkDefinitions } from './sink-connector.ts';
import { sourceDefinitions } from './source-connector.ts';
import { addressProblems, type ServiceAddress } from './service-address.ts';
import { checkConverter } from '../converters/converters.ts';
import { Config, ConfigError, problemsOf, type Properties, under, unknownIn } from './definition.ts';
import { offsetProblems } from './offset-storage.ts';
import { fillPlaceholders, textTraps } from './placeholders.ts';
import { clientPrefixes, connectionOf, connectionProblems, workerDefinitions, workerWithoutEffect } from './worker.ts';

/** What to run: checked files, and all properties that have no effect. */
export interface ConnectPlan {
  readonly worker: Config;
  readonly connectors: readonly ConnectorPlan[];
  /** An address, or how to reach Kafka by `bootstrap.servers`. */
  readonly service: ServiceAddress;
  readonly warnings: readonly string[];
}

export interface ReadOptions {
  /** Where placeholders and `ISOSTREAM_URL` are looked up. Default `process.env`. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Sinks of the caller's own, beside those that are built in. */
  readonly sinks?: readonly SinkClass[];
  /** Sources of the caller's own, beside those that are built in. */
  readonly sources?: readonly SourceClass[];
}

/**
 * Reads a worker's file and those of connectors, as Kafka Connect's standalone mode takes them. Throws {@link ConfigError} with
 * everything that is wrong in any of them; what has no effect, or another one than it seems, is in `warnings`.
 */
export async function readConnectFiles(
  workerFile: string,
  connectorFiles: readonly string[],
  { environment = process.env, sinks = [], sources = [] }: ReadOptions = {},
): Promise<ConnectPlan> {
  const errors: string[] = [];
  const warnings: string[] = [];
  const report = (file: string, found: readonly string[], into: string[]): void => {
    into.push(...found.flatMap((text) => text.split('\n')).map((text) => `${file}: ${text}`));
  };
  const open = async (file: string, base?: Properties): Promise<Properties | undefined> => {
    try {
      const read = await readOne(file);
      report(file, [...read.warnings, ...textTraps(read.properties)], warnings);
      const filled = await fillPlaceholders(read.properties, base ?? read.properties, environment);
      report(file, filled.errors, errors);
      report(file, filled.warnings, warnings);
      return filled.properties;
    } catch (error) {
      report(file, [error instanceof Error ? error.message : String(error)], errors);
      return undefined;
    }
  };
  const opened = await open(workerFile);
  if (opened === undefined) throw new ConfigError(errors.join('\n'));
  const worker = opened;
  if (worker['connector.class'] !== undefined && worker['key.converter'] === undefined)
    throw new ConfigError(
      `${workerFile}: is the file of a connector. Give the worker file first, then those of connectors`,
    );
  const url = worker['isostream.url'] ?? environment['ISOSTREAM_URL'];
  const connection = connectionProblems(worker, url !== undefined);
  report(workerFile, [...problemsOf(workerDefinitions, worker), ...connection.errors], errors);
  report(workerFile, [...connection.warnings, ...workerTraps(worker)], warnings);
  for (const part of ['key.converter', 'value.converter']) {
    const className = worker[part];
    if (className === undefined) continue;
    const checked = checkConverter(className, under(`${part}.`, worker), `${part}.`);
    report(workerFile, checked.errors, errors);
    report(workerFile, checked.warnings, warnings);
  }
  const connectors: ConnectorPlan[] = [];
  for (const file of connectorFiles) {
    const properties = await open(file, worker);
    if (properties === undefined) continue;
    const checked = checkConnector(properties, worker, { sinks, sources });
    report(file, checked.errors, errors);
    report(file, checked.warnings, warnings);
    if (checked.plan === undefined) continue;
    const { name } = checked.plan;
    if (connectors.some((other) => other.name === name)) report(file, [`name is ${name}, as in another file`], errors);
    connectors.push(checked.plan);
  }
  const needsOffsets = connectors.some((each) => each.kind === 'source' && each.source.needsOffsets(each.sourceConfig));
  const offsets = await offsetProblems(worker, needsOffsets);
  report(workerFile, offsets.errors, errors);
  report(workerFile, offsets.warnings, warnings);
  const service = url === undefined ? { provider: 'kafka' as const, kafka: connectionOf(worker) } : { url };
  const isFromFile = worker['isostream.url'] !== undefined || url === undefined;
  if (connection.errors.length === 0)
    report(isFromFile ? workerFile : 'ISOSTREAM_URL', await addressProblems(service, environment), errors);
  if (errors.length > 0) throw new ConfigError([...new Set(errors)].join('\n'));
  return { worker: new Config(workerDefinitions, worker), connectors, service, warnings: [...new Set(warnings)] };
}

interface OneFile {
  readonly properties: Properties;
  readonly warnings: readonly string[];
}

/** A property file, or JSON: `{ name, config }`, or all properties in one object. */
async function readOne(file: string): Promise<OneFile> {
  const content = await readFile(file).catch((error: unknown) => {
    throw new ConfigError(`cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  });
  if (!file.endsWith('.json')) {
    const { properties, warnings } = parseProperties(content);
    return { properties: Object.fromEntries([...properties].map(([name, { value }]) => [name, value])), warnings };
  }
  const json: unknown = JSON.parse(content.toString());
  const top = entriesOf(json);
  const config = top.find(([name]) => name === 'config')?.[1];
  const name = top.find(([entry]) => entry === 'name')?.[1];
  const flat =
    config === undefined ? top : [...(name === undefined ? [] : [['name', name] as const]), ...entriesOf(config)];
  const given = flat.filter(([, value]) => value !== null);
  return { properties: Object.fromEntries(given.map(([entry, value]) => [entry, String(value)])), warnings: [] };
}

function entriesOf(json: unknown): (readonly [string, unknown])[] {
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw new ConfigError('is not a JSON object of properties');
  return Object.entries(json);
}

const ofConnectors: ReadonlySet<string> = new Set(
  [
    sinkDefinitions,
    sourceDefinitions,
    ...[...knownSinks([]), ...builtInSources].map(({ definitions }) => definitions),
  ].flatMap(Object.keys),
);

/** What a worker file has that belongs elsewhere, or that nothing here knows. */
function workerTraps(worker: Properties): string[] {
  const warnings: string[] = [];
  const others: string[] = [];
  for (const name of Object.keys(worker)) {
    const idle = workerWithoutEffect[name];
    const isConnectors =
      /^(?:errors|transforms|predicates)\b/.test(name) || (ofConnectors.has(name) && !(name in workerDefinitions));
    if (idle !== undefined) warnings.push(`${name} has no effect: ${idle}`);
    else if (/^config\.providers\.[^.]+\.param\./.test(name))
      warnings.push(`${name} has no effect: providers have no settings here, and look wherever a placeholder says`);
    else if (isConnectors)
      warnings.push(
        `${name} has no effect in a worker file, as in Kafka Connect. It belongs in the file of the connector`,
      );
    else if (name in workerDefinitions || /^(?:(?:key|value|header)\.converter|config\.providers)\./.test(name))
      continue;
    else if (clientPrefixes.some((prefix) => name.startsWith(prefix)))
      warnings.push(`${name} is a setting of Kafka’s Java clients, and has no effect here`);
    else others.push(name);
  }
  return [...warnings, ...unknownIn(others, Object.keys(workerDefinitions))];
}
