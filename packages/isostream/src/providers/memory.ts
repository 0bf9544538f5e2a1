import type { Duration } from '@isostream/core';
import type { MemoryBroker } from '@isostream/memory';
import { z } from 'zod';
import { absent, definedOnly, duration, type Provider } from './provider.ts';

/** Settings of the in-memory provider. */
export interface MemoryConfig {
  readonly partitions?: number | undefined;
  readonly sessionTimeout?: Duration | undefined;
}

/** Clients of one process that name the same address meet the same topics, as they would on a server. */
const brokers = new Map<string, MemoryBroker>();

export const memory: Provider<MemoryConfig> = {
  scheme: 'memory',
  settings: z.strictObject({ partitions: z.int().min(1).optional(), sessionTimeout: duration.optional() }),
  address: [],
  credentials: [],
  parse: () => ({}),
  packages: ['@isostream/memory'],
  async create(url, settings) {
    const { createMemory, createMemoryBroker } = await import('@isostream/memory').catch(absent);
    const address = url ?? 'memory:';
    const broker = brokers.get(address) ?? createMemoryBroker(definedOnly(settings));
    brokers.set(address, broker);
    return createMemory({ broker });
  },
};
