import type { AdapterConfig } from '@isostream/core/adapter';
import type { MemoryBroker } from './service/broker.ts';
import { brokerOptions } from './options.ts';

const { partitions, sessionTimeout } = brokerOptions;

/** Clients of one process that name the same address meet the same topics, as they would on a server. */
const brokers = new Map<string, MemoryBroker>();

/** How a configuration becomes an adapter in memory. */
export const memoryConfig: AdapterConfig = {
  options: { partitions, sessionTimeout },
  parse: () => ({}),
  async create(options, url = 'memory:') {
    const { createMemory, createMemoryBroker } = await import('./index.ts');
    const broker = brokers.get(url) ?? createMemoryBroker(options);
    brokers.set(url, broker);
    return createMemory({ broker });
  },
};
