import { isDeepStrictEqual } from 'node:util';
import { nearestOf } from '@isostream/core/adapter';
import { invalid } from './invalid-config.ts';
import { type Declarations, entriesOf } from './declarations.ts';
import type { ProviderConfigs, ProviderName } from './providers/configs.ts';
import { providerNames, schemeOf } from './providers/providers.ts';

/** Which provider, and how it is reached. Code wins over the environment, the environment over the file. */
export interface Config extends ProviderConfigs {
  readonly provider?: ProviderName | undefined;
  /** Provider and address in one: `kafka://host:9092`, `memory:`. */
  readonly url?: string | undefined;
}

/** The upper source wins, entry by entry; what proves who somebody is stays with the address it came with. */
export function overlay(lower: Config, upper: Config, known: Declarations): Config {
  const changesProvider =
    upper.url !== undefined ||
    (upper.provider !== undefined && upper.provider !== (lower.provider ?? providerOf(lower.url)));
  const { url, provider, ...settings } = changesProvider ? lower : ownAddressOnly(lower, upper, known);
  const merged: Record<string, object> = {};
  for (const name of providerNames) {
    const { address, credentials } = entriesOf(known.get(name));
    const below =
      changesProvider && isAddressed(name, settings, url, address)
        ? without(settings[name], [...address, ...credentials])
        : settings[name];
    if (below !== undefined || upper[name] !== undefined) merged[name] = { ...below, ...upper[name] };
  }
  return { ...(changesProvider ? {} : { url, provider }), ...upper, ...merged };
}

/** The lower source without its credentials, where the upper one names another address by single settings. */
function ownAddressOnly(lower: Config, upper: Config, known: Declarations): Config {
  const ofUrl = providerOf(lower.url);
  const changed = providerNames.filter((name) => {
    const { address } = entriesOf(known.get(name));
    const own = upper[name];
    return own !== undefined && address.some((entry) => entry in own) && isAddressed(name, lower, lower.url, address);
  });
  let result = lower;
  for (const name of changed) {
    const isOfUrl = name === ofUrl && lower.url !== undefined;
    const fromUrl = isOfUrl ? known.get(name)?.parse(lower.url) : {};
    const { url, provider, ...rest } = result;
    result = {
      ...(isOfUrl ? { provider: name } : { url, provider }),
      ...rest,
      [name]: without({ ...fromUrl, ...result[name] }, entriesOf(known.get(name)).credentials),
    };
  }
  return result;
}

/** Whether this source says where the provider is. */
function isAddressed(
  name: ProviderName,
  { [name]: own = {} }: ProviderConfigs,
  url: string | undefined,
  address: readonly string[],
): boolean {
  return url?.startsWith(`${schemeOf(name)}:`) === true || address.some((entry) => entry in own);
}

/** The settings without some entries; `ssl.key` takes the entry `key` out of `ssl`. */
function without(settings: object | undefined, names: readonly string[]): object | undefined {
  if (settings === undefined) return undefined;
  const kept = Object.entries(settings).filter(([name]) => !names.includes(name));
  return Object.fromEntries(
    kept.map(([name, value]: [string, unknown]) => {
      const inner = names.flatMap((each) => (each.startsWith(`${name}.`) ? [each.slice(name.length + 1)] : []));
      return [name, inner.length > 0 && typeof value === 'object' && value !== null ? without(value, inner) : value];
    }),
  );
}

/** One source that names two addresses would show the credentials of one to the other. */
export function refuseTwoAddresses(source: string, config: Config, known: Declarations): Config {
  const name = providerOf(config.url);
  if (name === undefined || config.url === undefined) return config;
  const { address } = entriesOf(known.get(name));
  const fromUrl: Readonly<Record<string, unknown>> = { ...known.get(name)?.parse(config.url) };
  const own: Readonly<Record<string, unknown>> = { ...config[name] };
  const twice = address.find(
    (entry) => entry in own && entry in fromUrl && !isDeepStrictEqual(own[entry], fromUrl[entry]),
  );
  if (twice !== undefined) throw invalid(`${source}: url and ${name}.${twice} name two addresses. Leave one out`);
  return config;
}

/** Whose address it is. Throws `invalid-config` if it is none. */
export function providerOf(url: string | undefined): ProviderName | undefined {
  if (url === undefined) return undefined;
  const scheme = url.slice(0, Math.max(0, url.indexOf(':')));
  const found = providerNames.find((name) => schemeOf(name) === scheme);
  if (found !== undefined) return found;
  const schemes = providerNames.map((name) => `${schemeOf(name)}:`);
  const isShown = url.startsWith(`${scheme}://`) && /^[a-z][a-z0-9+-]{0,20}$/.test(scheme);
  const starts = isShown ? `starts with "${scheme}:", which is not a provider` : 'starts with no provider';
  const nearest = isShown ? nearestOf(`${scheme}:`, schemes) : undefined;
  const hint = nearest === undefined ? '' : `Did you mean ${nearest}//? `;
  throw invalid(`url ${starts}. ${hint}An address begins with one of ${schemes.join(', ')}`);
}
