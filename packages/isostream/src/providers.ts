import { StreamError } from '@isostream/core';
import type { Adapter } from '@isostream/core/adapter';
import type { MemoryBroker } from '@isostream/memory';
import { type Config, invalid, type ProviderName } from './config.ts';
import { parseKafkaUrl } from './kafka-url.ts';

interface Provider {
  /** What has to be installed, the adapter first. */
  readonly packages: readonly string[];
  readonly create: (config: Config) => Promise<Adapter>;
}

/** The one table of providers. Each adapter is loaded when it is first asked for. */
const providers: Readonly<Record<ProviderName, Provider>> = {
  memory: {
    packages: ['@isostream/memory'],
    async create({ url = 'memory:', memory = {} }) {
      const { createMemory, createMemoryBroker } = await import('@isostream/memory');
      const broker = memoryBrokers.get(url) ?? createMemoryBroker(definedOnly(memory));
      memoryBrokers.set(url, broker);
      return createMemory({ broker });
    },
  },
  kafka: {
    packages: ['@isostream/kafka', 'kafkajs'],
    async create({ url, kafka = {} }) {
      const { createKafka } = await import('@isostream/kafka');
      await import('kafkajs');
      const { brokers, ...settings } = { ...(url === undefined ? {} : parseKafkaUrl(url)), ...kafka };
      if (brokers === undefined)
        throw invalid('no broker is set. Set ISOSTREAM_URL to an address such as kafka://localhost:9092');
      return createKafka({ brokers, ...definedOnly(settings) });
    },
  },
};

/** Clients of one process that name the same address meet the same topics, as they would on a server. */
const memoryBrokers = new Map<string, MemoryBroker>();

/** The adapter of a provider. Throws `missing-adapter` with the command that installs it. */
export async function createAdapter(config: Config & { readonly provider: ProviderName }): Promise<Adapter> {
  const { packages, create } = providers[config.provider];
  try {
    return await create(config);
  } catch (cause) {
    const missing = packages.find((name) => isMissing(cause, name));
    if (missing === undefined) throw cause;
    const message = `provider ${config.provider} needs the package ${missing}. Install it: npm install ${packages.join(' ')}`;
    throw new StreamError('missing-adapter', message, { where: 'connect', cause });
  }
}

function isMissing(error: unknown, name: string): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    error.code === 'ERR_MODULE_NOT_FOUND' &&
    error.message.includes(`'${name}'`)
  );
}

type Defined<T> = { [Name in keyof T]: Exclude<T[Name], undefined> };

/** Optional entries that are absent, not `undefined`: adapters tell the two apart. */
function definedOnly<T extends object>(value: T): Defined<T> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the filter is the proof
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as Defined<T>;
}
