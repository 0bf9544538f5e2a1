import { StreamError } from '@isostream/core';
import type { AdapterConfig } from '@isostream/core/adapter';
import type { ProviderName } from './providers/configs.ts';
import { declarationOf } from './providers/providers.ts';

/** What the adapters that a config speaks of declare; none of one that is not installed. */
export type Declarations = ReadonlyMap<ProviderName, AdapterConfig>;

export async function declarationsOf(names: readonly ProviderName[]): Promise<Declarations> {
  const found = await Promise.all(
    names.map(async (name): Promise<readonly (readonly [ProviderName, AdapterConfig])[]> => {
      try {
        return [[name, await declarationOf(name)]];
      } catch (error) {
        // A file may have settings for providers that are not used here.
        if (StreamError.is(error) && error.code === 'missing-adapter') return [];
        throw error;
      }
    }),
  );
  return new Map(found.flat());
}

/** Which entries say where a provider is, and which are for that address only; `ssl.key` is the entry `key` of `ssl`. */
export function entriesOf(declaration: AdapterConfig | undefined): {
  readonly address: readonly string[];
  readonly credentials: readonly string[];
} {
  const options = Object.entries(declaration?.options ?? {});
  return {
    address: options.flatMap(([name, { isAddress }]) => (isAddress === true ? [name] : [])),
    credentials: options.flatMap(([name, { isSecret, staysWithAddress = isSecret ?? false }]) => {
      if (typeof staysWithAddress !== 'boolean') return staysWithAddress.map((part) => `${name}.${part}`);
      return staysWithAddress ? [name] : [];
    }),
  };
}
