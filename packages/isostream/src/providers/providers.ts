import { type Adapter, StreamError } from '@isostream/core';
import type { AdapterConfig } from '@isostream/core/adapter';
import type { ProviderConfigs, ProviderName } from './configs.ts';

/** What is known of a provider before its adapter is loaded. */
interface Provider {
  /** How an address of it begins. */
  readonly scheme: string;
  /** What has to be installed, the adapter first. */
  readonly packages: readonly string[];
  /** The adapter's own declaration of its options and addresses, without what the adapter needs to work. */
  load(): Promise<AdapterConfig>;
}

/** The one table of providers. */
const providers: Readonly<Record<ProviderName, Provider>> = {
  memory: {
    scheme: 'memory',
    packages: ['@isostream/memory'],
    load: async () => (await import('@isostream/memory/config').catch(absent)).memoryConfig,
  },
  kafka: {
    scheme: 'kafka',
    packages: ['@isostream/kafka', 'kafkajs'],
    load: async () => (await import('@isostream/kafka/config').catch(absent)).kafkaConfig,
  },
  kinesis: {
    scheme: 'kinesis',
    packages: [
      '@isostream/kinesis',
      '@aws-sdk/client-kinesis',
      '@aws-sdk/client-dynamodb',
      '@smithy/node-http-handler',
    ],
    load: async () => (await import('@isostream/kinesis/config').catch(absent)).kinesisConfig,
  },
  pubsub: {
    scheme: 'pubsub',
    packages: ['@isostream/pubsub', '@google-cloud/pubsub', 'google-gax'],
    load: async () => (await import('@isostream/pubsub/config').catch(absent)).pubsubConfig,
  },
  'event-hubs': {
    scheme: 'eventhubs',
    packages: [
      '@isostream/event-hubs',
      '@azure/event-hubs',
      '@azure/core-auth',
      '@azure/storage-blob',
      '@azure/identity',
    ],
    load: async () => (await import('@isostream/event-hubs/config').catch(absent)).eventHubsConfig,
  },
};

export const providerNames: readonly ProviderName[] = ['memory', 'kafka', 'kinesis', 'pubsub', 'event-hubs'];

/** How an address of a provider begins. */
export function schemeOf(name: ProviderName): string {
  return providers[name].scheme;
}

/** What the adapter of a provider declares. Throws `missing-adapter` with the command that installs it. */
export function declarationOf(name: ProviderName): Promise<AdapterConfig> {
  return installed(name, () => providers[name].load());
}

/** The adapter of a provider. Throws `missing-adapter` with the command that installs it. */
export async function createAdapter(config: Chosen): Promise<Adapter> {
  const { provider: name, url } = config;
  const declaration = await declarationOf(name);
  return installed(name, () => declaration.create(optionsOf(declaration, config), url));
}

/** A config of which the provider is known. */
export type Chosen = ProviderConfigs & { readonly provider: ProviderName; readonly url?: string | undefined };

/** What the address says, and what the config says beside it, which wins. What is absent is not there: adapters tell that from `undefined`. */
export function optionsOf(declaration: AdapterConfig, config: Chosen): Readonly<Record<string, unknown>> {
  const { provider, url } = config;
  const entries = Object.entries({ ...(url === undefined ? {} : declaration.parse(url)), ...config[provider] });
  return Object.fromEntries(entries.filter(([, entry]) => entry !== undefined));
}

async function installed<T>(name: ProviderName, load: () => Promise<T>): Promise<T> {
  const { packages } = providers[name];
  try {
    return await load();
  } catch (cause) {
    const missing = packages.find((each) => isMissing(cause, each));
    if (missing === undefined) throw cause;
    const message = `provider ${name} needs the package ${missing}. Install it: npm install ${packages.join(' ')}`;
    throw new StreamError('missing-adapter', message, { where: 'connect', cause });
  }
}

/**
 * What becomes of a lazy import whose package is not installed: it fails when it is asked for. Bundlers take an import with a
 * `catch` for one that may be missing, and leave it as it is; without one they refuse to bundle programs that need one provider only.
 */
function absent(error: unknown): never {
  throw error;
}

function isMissing(error: unknown, name: string): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    error.code === 'ERR_MODULE_NOT_FOUND' &&
    error.message.includes(`'${name}'`)
  );
}
