import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { shown, unknownOption } from '@isostream/core/adapter';
import { z } from 'zod';
import { invalid } from './invalid-config.ts';
import { type Config, overlay, providerOf, refuseTwoAddresses } from './overlay.ts';
import { type ProviderName, providerNames, providers } from './providers/providers.ts';
import type { Provider } from './providers/provider.ts';
import { printable } from './redact.ts';

const configSchema: z.ZodType<Config> = z.strictObject({
  provider: z.enum(providerNames).optional(),
  url: z.string().optional(),
  ...Object.fromEntries(providerNames.map((name) => [name, providers[name].settings.optional()])),
});

export interface ConfigSources {
  readonly code?: Config;
  /** Default `process.env`. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Path of the file; `isostream.json` in the working directory, if there is one. */
  readonly file?: string;
}

const defaultFile = 'isostream.json';

/** As {@link loadConfig}; `undefined` where none of the sources names a provider. */
export function findConfig(sources: ConfigSources = {}): ReturnType<typeof loadConfig> | undefined {
  const { provider, url } = merge(sources);
  return provider === undefined && url === undefined ? undefined : loadConfig(sources);
}

/** Merges the three sources. Throws `invalid-config` that names the source and every wrong entry, without secrets. */
export function loadConfig(sources: ConfigSources = {}): Config & { readonly provider: ProviderName } {
  const merged = merge(sources);
  const provider = merged.provider ?? providerOf(merged.url);
  if (provider === undefined)
    throw invalid(
      `no provider is set. Set ISOSTREAM_PROVIDER to one of ${providerNames.join(', ')}, or ISOSTREAM_URL to an address such as kafka://localhost:9092`,
    );
  const fromUrl = providerOf(merged.url);
  if (fromUrl !== undefined && fromUrl !== provider)
    throw invalid(`provider is ${provider}, but url is an address of ${fromUrl}. Change one of them`);
  return printable({ ...merged, provider });
}

function merge({ code = {}, environment = process.env, file }: ConfigSources): Config {
  const path = file ?? environment['ISOSTREAM_CONFIG'];
  const fromFile = readFile(path);
  const fromEnvironment = validated('the environment', {
    ...(environment['ISOSTREAM_PROVIDER'] === undefined ? {} : { provider: environment['ISOSTREAM_PROVIDER'] }),
    ...(environment['ISOSTREAM_URL'] === undefined ? {} : { url: environment['ISOSTREAM_URL'] }),
  });
  const fromCode = validated('the options of connect()', code);
  // An address belongs to its provider: who overrides the one does not get the other from below.
  return [fromEnvironment, fromCode].reduce(overlay, fromFile);
}

function readFile(path: string | undefined): Config {
  const file = resolve(path ?? defaultFile);
  if (!existsSync(file)) {
    if (path === undefined) return {};
    throw invalid(`the file ${path} does not exist`);
  }
  let text = '';
  let parsed: unknown;
  try {
    text = readFileSync(file, 'utf8');
    parsed = JSON.parse(text);
  } catch (cause) {
    throw invalid(`the file ${path ?? defaultFile} cannot be read: ${whyUnreadable(cause, text)}`);
  }
  return validated(`the file ${path ?? defaultFile}`, parsed);
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

function validated(source: string, value: unknown): Config {
  const result = configSchema.safeParse(value);
  if (result.success) return refuseTwoAddresses(source, result.data);
  throw invalid(`${source}: ${result.error.issues.flatMap(problemsOf).join('; ')}`);
}

/** What is wrong with one entry, in words that quote no value. */
function problemsOf(issue: z.core.$ZodIssue): readonly string[] {
  const place = issue.path.map((part) => nameOf(String(part))).join('.');
  const within = place === '' ? '' : `${place}: `;
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => `${within}${unknownEntry(key, issue.path)}`);
  // What is wrong with each form of several is said by the one that comes nearest.
  const nearest =
    issue.code === 'invalid_union'
      ? issue.errors.find((errors) => errors.some(({ path }) => path.length > 0))
      : undefined;
  if (nearest !== undefined) return nearest.flatMap(problemsOf).map((problem) => `${within}${problem}`);
  return [`${within === '' ? 'config: ' : within}${issue.message}`];
}

function unknownEntry(key: string, path: readonly PropertyKey[]): string {
  const provider = path.length === 1 ? providerNames.find((name) => name === path[0]) : undefined;
  const { renamed = {} }: Pick<Provider<object>, 'renamed'> = provider === undefined ? {} : providers[provider];
  return key in renamed ? unknownOption(key, [], renamed) : `unknown entry ${nameOf(key)}`;
}

/** A name as it stands if it looks like one: text that was put there by mistake may be an address with a password in it. */
function nameOf(text: string): string {
  return /^[A-Za-z][\w-]{0,40}$/.test(text) ? text : shown(text);
}
