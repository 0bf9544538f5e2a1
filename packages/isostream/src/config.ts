import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { configProblems, isObject, nameOf, unknownOption } from '@isostream/core/adapter';
import { type Declarations, declarationsOf } from './declarations.ts';
import { invalid } from './invalid-config.ts';
import { type Config, overlay, providerOf, refuseTwoAddresses } from './overlay.ts';
import type { ProviderName } from './providers/configs.ts';
import { type Chosen, declarationOf, providerNames } from './providers/providers.ts';
import { printable } from './redact.ts';

export interface ConfigSources {
  readonly code?: Config;
  /** Default `process.env`. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Path of the file; `isostream.json` in the working directory, if there is one. */
  readonly file?: string;
}

const defaultFile = 'isostream.json';

/** As {@link loadConfig}; `undefined` where none of the sources names a provider. */
export async function findConfig(sources: ConfigSources = {}): Promise<(Chosen & Config) | undefined> {
  const { provider, url } = await merge(sources);
  return provider === undefined && url === undefined ? undefined : loadConfig(sources);
}

/** Which provider the sources name, whether or not its adapter is installed; `undefined` where none does. Throws `invalid-config`. */
export function findProvider(sources: ConfigSources = {}): ProviderName | undefined {
  const naming = sourcesOf(sources).findLast(({ config }) => config.provider !== undefined || config.url !== undefined);
  return naming?.config.provider ?? providerOf(naming?.config.url);
}

/**
 * Merges the three sources. Throws `invalid-config` that names the source and every wrong entry, without secrets, and `missing-adapter`
 * where the adapter is not installed, which knows what its options are.
 */
export async function loadConfig(sources: ConfigSources = {}): Promise<Chosen & Config> {
  const merged = await merge(sources);
  const provider = merged.provider ?? providerOf(merged.url);
  if (provider === undefined) throw noProvider(merged);
  const fromUrl = providerOf(merged.url);
  if (fromUrl !== undefined && fromUrl !== provider)
    throw invalid(`provider is ${provider}, but url is an address of ${fromUrl}. Change one of them`);
  await declarationOf(provider);
  return printable({ ...merged, provider });
}

/** Settings alone choose no provider: a file may have those of several. */
function noProvider(merged: Config): Error {
  const [name] = providerNames.filter((each) => merged[each] !== undefined);
  if (name !== undefined)
    return invalid(
      `no provider is set, only settings of ${name}. Give provider: '${name}' beside them, or set ISOSTREAM_PROVIDER=${name}`,
    );
  return invalid(
    `no provider is set. Set ISOSTREAM_PROVIDER to one of ${providerNames.join(', ')}, or ISOSTREAM_URL to an address such as kafka://localhost:9092`,
  );
}

interface Source {
  /** For messages. */
  readonly name: string;
  readonly config: Config;
}

/** The lowest first. */
function sourcesOf({ code = {}, environment = process.env, file }: ConfigSources): readonly Source[] {
  const path = file ?? environment['ISOSTREAM_CONFIG'];
  const fromEnvironment = {
    ...(environment['ISOSTREAM_PROVIDER'] === undefined ? {} : { provider: environment['ISOSTREAM_PROVIDER'] }),
    ...(environment['ISOSTREAM_URL'] === undefined ? {} : { url: environment['ISOSTREAM_URL'] }),
  };
  return [
    shaped(`the file ${path ?? defaultFile}`, readFile(path)),
    shaped('the environment', fromEnvironment),
    shaped('the options of connect()', code),
  ];
}

async function merge(from: ConfigSources): Promise<Config> {
  const sources = sourcesOf(from);
  const known = await declarationsOf(providerNames.filter((name) => sources.some((source) => speaksOf(source, name))));
  // An address belongs to its provider: who overrides the one does not get the other from below.
  return sources.map((source) => checked(source, known)).reduce((lower, upper) => overlay(lower, upper, known), {});
}

function speaksOf({ config }: Source, name: ProviderName): boolean {
  return config[name] !== undefined || config.provider === name || providerOf(config.url) === name;
}

function readFile(path: string | undefined): unknown {
  const file = resolve(path ?? defaultFile);
  if (!existsSync(file)) {
    if (path === undefined) return {};
    throw invalid(`the file ${path} does not exist`);
  }
  let text = '';
  try {
    text = readFileSync(file, 'utf8');
    return JSON.parse(text);
  } catch (cause) {
    throw invalid(`the file ${path ?? defaultFile} cannot be read: ${whyUnreadable(cause, text)}`);
  }
}

/** Without the words of the parser, which quote the text, and the file may hold a password. */
function whyUnreadable(cause: unknown, text: string): string {
  if (!(cause instanceof SyntaxError)) return errorCodeOf(cause) ?? 'this process may not read it';
  const position = Number(/at position (\d+)/.exec(cause.message)?.[1] ?? Number.NaN);
  const lines = text.slice(0, position).split('\n');
  const where = Number.isNaN(position) ? '' : ` at line ${lines.length}, column ${(lines.at(-1)?.length ?? 0) + 1}`;
  return `it is not valid JSON${where}. Check quotes, commas and brackets`;
}

function errorCodeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** Refuses anything that cannot be a config before an adapter is loaded for it. */
function shaped(name: string, value: unknown): Source {
  const refuse = (problem: string): never => {
    throw invalid(`${name}: ${problem}`);
  };
  if (!isObject(value)) return refuse('config: expected an object');
  const { provider, url, ...settings }: Readonly<Record<string, unknown>> = { ...value };
  const known = provider === undefined ? undefined : providerNames.find((each) => each === provider);
  if (provider !== undefined && known === undefined)
    return refuse(`provider: expected one of ${providerNames.join(', ')}`);
  if (url !== undefined && typeof url !== 'string') return refuse('url: expected text');
  const own: Record<string, object> = {};
  for (const [entry, given] of Object.entries(settings)) {
    if (!providerNames.some((each) => each === entry))
      return refuse(unknownOption(nameOf(entry), ['provider', 'url', ...providerNames]));
    if (given === undefined) continue;
    if (!isObject(given)) return refuse(`${entry}: expected an object`);
    // What is undefined is not given: it hides nothing of a file or the environment.
    own[entry] = Object.fromEntries(Object.entries(given).filter(([, option]) => option !== undefined));
  }
  return {
    name,
    config: { ...own, ...(known === undefined ? {} : { provider: known }), ...(url === undefined ? {} : { url }) },
  };
}

/** By what the adapters declare, as far as they are installed. */
function checked({ name: source, config }: Source, known: Declarations): Config {
  const problems = [...known].flatMap(([name, declaration]) => configProblems(name, config[name] ?? {}, declaration));
  if (problems.length > 0) throw invalid(`${source}: ${problems.join('; ')}`);
  return refuseTwoAddresses(source, config, known);
}
