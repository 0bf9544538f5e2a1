import { type Adapter, StreamError } from '@isostream/core';
import { eventHubs, type EventHubsConfig } from './event-hubs.ts';
import { kafka, type KafkaConfig } from './kafka.ts';
import { kinesis, type KinesisConfig } from './kinesis.ts';
import { memory, type MemoryConfig } from './memory.ts';
import { definedOnly, type Provider } from './provider.ts';
import { redact } from '../redact.ts';
import { pubsub, type PubSubConfig } from './pubsub.ts';

/** Settings of each provider, under its name. */
export interface ProviderConfigs {
  readonly memory?: MemoryConfig | undefined;
  readonly kafka?: KafkaConfig | undefined;
  readonly kinesis?: KinesisConfig | undefined;
  readonly pubsub?: PubSubConfig | undefined;
  readonly 'event-hubs'?: EventHubsConfig | undefined;
}

export type ProviderName = keyof ProviderConfigs;

/** The one table of providers. */
export const providers: { readonly [Name in ProviderName]: Provider<NonNullable<ProviderConfigs[Name]>> } = {
  memory,
  kafka,
  kinesis,
  pubsub,
  'event-hubs': eventHubs,
};

export const providerNames: readonly ProviderName[] = ['memory', 'kafka', 'kinesis', 'pubsub', 'event-hubs'];

/** The adapter of a provider. Throws `missing-adapter` with the command that installs it. */
export async function createAdapter(
  config: ProviderConfigs & { readonly provider: ProviderName; readonly url?: string | undefined },
): Promise<Adapter> {
  const { provider: name, url } = config;
  const provider: Provider<object> = providers[name];
  try {
    return await provider.create(url, config[name] ?? {});
  } catch (cause) {
    const missing = provider.packages.find((each) => isMissing(cause, each));
    if (missing === undefined) throw cause;
    const message = `provider ${name} needs the package ${missing}. Install it: npm install ${provider.packages.join(' ')}`;
    throw new StreamError('missing-adapter', message, { where: 'connect', cause });
  }
}

/** What the adapter of a config is given: what the address says, and what the settings say, which wins. Plain data, where the config is. */
export function adapterOptions(
  config: ProviderConfigs & { readonly provider: ProviderName; readonly url?: string | undefined },
): Readonly<Record<string, unknown>> {
  const { provider: name, url } = config;
  const provider: Provider<object> = providers[name];
  return definedOnly({ ...(url === undefined ? {} : provider.parse(url)), ...config[name] });
}

/** The service of a config in words for people, without secrets; `undefined` where the config does not say which it is. */
export function addressText(
  config: ProviderConfigs & { readonly provider: ProviderName; readonly url?: string | undefined },
): string | undefined {
  const options = adapterOptions(config);
  const address: readonly string[] = providers[config.provider].address;
  const given = Object.entries(options).filter(([entry, value]) => address.includes(entry) && value !== false);
  if (given.length === 0) return undefined;
  if (config.url !== undefined) return String(redact(config.url));
  const shown: unknown = redact(Object.fromEntries(given));
  return `${config.provider} at ${Object.values({ ...(typeof shown === 'object' ? shown : {}) }).join(', ')}`;
}

function isMissing(error: unknown, name: string): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    error.code === 'ERR_MODULE_NOT_FOUND' &&
    error.message.includes(`'${name}'`)
  );
}
