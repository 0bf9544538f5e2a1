import { redact } from '../redact.ts';
import { entriesOf } from '../declarations.ts';
import { type Chosen, declarationOf, optionsOf } from './providers.ts';

/** What the adapter of a config is given: what the address says, and what the settings say, which wins. Plain data, where the config is. */
export async function adapterOptions(config: Chosen): Promise<Readonly<Record<string, unknown>>> {
  return optionsOf(await declarationOf(config.provider), config);
}

/** The service of a config in words for people, without secrets; `undefined` where the config does not say which it is. */
export async function addressText(config: Chosen): Promise<string | undefined> {
  const declaration = await declarationOf(config.provider);
  const address = entriesOf(declaration).address;
  const given = Object.entries(optionsOf(declaration, config)).filter(
    ([entry, value]) => address.includes(entry) && value !== false,
  );
  if (given.length === 0) return undefined;
  if (config.url !== undefined) return String(redact(config.url));
  const shown: unknown = redact(Object.fromEntries(given));
  return `${config.provider} at ${Object.values({ ...(typeof shown === 'object' ? shown : {}) }).join(', ')}`;
}
