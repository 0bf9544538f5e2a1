import { type AdapterConfig, invalidAddress } from '@isostream/core/adapter';
import { kafkaOptions, type KafkaOptions } from './options.ts';
import { parseKafkaUrl } from './url.ts';

/** How a configuration becomes an adapter of Kafka. */
export const kafkaConfig: AdapterConfig = {
  options: kafkaOptions,
  parse: (url) => ({ ...parseKafkaUrl(url) }),
  async create(options) {
    if (options['brokers'] === undefined)
      throw invalidAddress('no broker is set. Set ISOSTREAM_URL to an address such as kafka://localhost:9092');
    const { createKafka } = await import('./kafka.ts');
    // The adapter loads it when it connects; who configures it should hear at once that it is not there.
    await import('kafkajs').catch(absent);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the adapter checks what it is given
    return createKafka(options as unknown as KafkaOptions);
  },
  policy: async (needs, about) => (await import('./policy.ts')).kafkaPolicy(needs, about),
  capacity: async (demand) => (await import('./capacity.ts')).kafkaCapacity(demand),
};

/** Bundlers take an import with a `catch` for one that may be missing. */
function absent(error: unknown): never {
  throw error;
}
