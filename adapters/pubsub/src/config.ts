import type { AdapterConfig } from '@isostream/core/adapter';
import { pubsubOptions, renamed } from './options.ts';
import { parsePubSubUrl } from './url.ts';

/** How a configuration becomes an adapter of Pub/Sub. */
export const pubsubConfig: AdapterConfig = {
  options: pubsubOptions,
  renamed,
  parse: (url) => ({ ...parsePubSubUrl(url) }),
  async create(options) {
    const { createPubSub } = await import('./pubsub.ts');
    return createPubSub(options);
  },
  policy: async (needs, about) => (await import('./policy.ts')).pubsubPolicy(needs, about),
  capacity: async (demand) => (await import('./capacity.ts')).pubsubCapacity(demand),
};
