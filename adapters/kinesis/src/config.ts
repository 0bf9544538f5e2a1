import type { AdapterConfig } from '@isostream/core/adapter';
import { kinesisOptions, renamed } from './options.ts';
import { parseKinesisUrl } from './url.ts';

/** How a configuration becomes an adapter of Kinesis. */
export const kinesisConfig: AdapterConfig = {
  options: kinesisOptions,
  renamed,
  parse: (url) => ({ ...parseKinesisUrl(url) }),
  async create(options) {
    const { createKinesis } = await import('./kinesis.ts');
    return createKinesis(options);
  },
  policy: async (needs, about) => (await import('./policy.ts')).kinesisPolicy(needs, about),
  capacity: async (demand) => (await import('./capacity.ts')).kinesisCapacity(demand),
};
