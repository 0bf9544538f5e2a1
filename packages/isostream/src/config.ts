import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { StreamError } from '@isostream/core';
import { z } from 'zod';
import { invalid } from './invalid-config.ts';
import { type ProviderConfigs, type ProviderName, providerNames, providers } from './providers/providers.ts';

/** Which provider, and how it is reached. Code wins over the environment, the environment over the file. */
export interface Config extends ProviderConfigs {
  readonly provider?: ProviderName | undefined;
  /** Provider and address in one: `kafka://host:9092`, `memory:`. */
  readonly url?: string | undefined;
}

const configSchema: z.ZodType<Config> = z.strictObject({
  provider: z.enum(providerNames).optional(),
  url: z.string().optional(),
  ...Object.fromEntries(providerNames.map((name) => [name, providers[name].settings.optional()])),
});

export interface ConfigSources {
  readonly code?: Config;
  readonly environment?: NodeJS.ProcessEnv;
  /** Path of the file; `isostream.json` in the working directory, if there is one. */
  readonly file?: string;
}

const defaultFile = 'isostream.json';

/** Merges the three sources. Throws `invalid-config` that names the source and every wrong entry, without secrets. */
export function loadConfig({ code = {}, environment = process.env, file }: ConfigSources = {}): Config & {
  readonly provider: ProviderName;
} {
  const path = file ?? environment['ISOSTREAM_CONFIG'];
  const fromFile = readFile(path);
  const fromEnvironment = parse('the environment', {
    ...(environment['ISOSTREAM_PROVIDER'] === undefined ? {} : { provider: environment['ISOSTREAM_PROVIDER'] }),
    ...(environment['ISOSTREAM_URL'] === undefined ? {} : { url: environment['ISOSTREAM_URL'] }),
  });
  const fromCode = parse('the options of connect()', code);
  // An address belongs to its provider: who overrides the one does not get the other from below.
  const merged = [fromEnvironment, fromCode].reduce(overlay, fromFile);
  const provider = merged.provider ?? providerOf(merged.url);
  if (provider === undefined)
    throw invalid(
      `no provider is set. Set ISOSTREAM_PROVIDER to one of ${providerNames.join(', ')}, or ISOSTREAM_URL to an address such as kafka://localhost:9092`,
    );
  const fromUrl = providerOf(merged.url);
  if (fromUrl !== undefined && fromUrl !== provider)
    throw invalid(`provider is ${provider}, but url is an address of ${fromUrl}. Change one of them`);
  return { ...merged, provider };
}

function overlay(lower: Config, upper: Config): Config {
  const changesProvider =
    upper.url !== undefined ||
    (upper.provider !== undefined && upper.provider !== (lower.provider ?? providerOf(lower.url)));
  const { url, provider, ...settings } = lower;
  const merged: Record<string, object> = {};
  for (const name of providerNames) {
    const below = changesProvider ? withoutAddress(name, settings, url) : settings[name];
    if (below !== undefined || upper[name] !== undefined) merged[name] = { ...below, ...upper[name] };
  }
  return { ...(changesProvider ? {} : { url, provider }), ...upper, ...merged };
}

/** Settings that do not belong to one address. Credentials that came with an address are not shown to another. */
function withoutAddress(name: ProviderName, settings: ProviderConfigs, url: string | undefined): object | undefined {
  const own = settings[name];
  if (own === undefined) return undefined;
  const { scheme, address, credentials } = providers[name];
  const bound: readonly string[] = [...address, ...credentials];
  const isAddressed = url?.startsWith(`${scheme}:`) === true || address.some((entry) => entry in own);
  return isAddressed ? Object.fromEntries(Object.entries(own).filter(([entry]) => !bound.includes(entry))) : own;
}

function readFile(path: string | undefined): Config {
  const file = resolve(path ?? defaultFile);
  if (!existsSync(file)) {
    if (path === undefined) return {};
    throw invalid(`the file ${path} does not exist`);
  }
  try {
    const parsed: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return parse(`the file ${path ?? defaultFile}`, parsed);
  } catch (cause) {
    if (StreamError.is(cause)) throw cause;
    throw invalid(
      `the file ${path ?? defaultFile} is no JSON: ${cause instanceof Error ? cause.message : String(cause)}`,
    );
  }
}

function parse(source: string, value: unknown): Config {
  const result = configSchema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => `${issue.path.join('.') || 'config'}: ${issue.message}`);
  throw invalid(`${source}: ${problems.join('; ')}`);
}

function providerOf(url: string | undefined): ProviderName | undefined {
  if (url === undefined) return undefined;
  const scheme = url.slice(0, Math.max(0, url.indexOf(':')));
  const found = providerNames.find((name) => providers[name].scheme === scheme);
  if (found !== undefined) return found;
  throw invalid(
    `url starts with ${JSON.stringify(`${scheme}:`)}, which is no provider. Known are ${providerNames.map((name) => `${providers[name].scheme}:`).join(', ')}`,
  );
}
