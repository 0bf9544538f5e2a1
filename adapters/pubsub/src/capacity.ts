import type { CapacityDemand, CapacityModel } from '@isostream/core/adapter';
import { maxEventBytes } from './capabilities.ts';

const quotas = 'https://cloud.google.com/pubsub/quotas';
const pricing = 'https://cloud.google.com/pubsub/pricing';

/** What a demand takes of Pub/Sub, which has no partitions: only a key has a limit that more of something cannot raise. */
export function pubsubCapacity(demand: CapacityDemand): CapacityModel {
  const { eventsPerSecond, eventBytes, groups, retentionMs, hottestKey } = demand;
  const written = eventsPerSecond * eventBytes;
  return {
    limits: [
      {
        ...{ what: 'bytes of one key', per: 'key', limit: 1_000_000, demand: written * hottestKey, unit: 'bytes/s' },
        ...{ formula: 'events/s × bytes × share of the hottest key: the limit of an ordering key', source: quotas },
      },
      {
        ...{ what: 'subscriptions of a topic', per: 'topic', limit: 10_000, demand: groups, unit: 'groups' },
        ...{ formula: 'groups', source: quotas },
      },
    ],
    most: { eventBytes: maxEventBytes },
    costs: [
      {
        ...{ what: 'throughput of publishing', amount: written, unit: 'bytes per second' },
        ...{ formula: 'events/s × bytes; a request counts as 1,000 bytes at least', source: pricing },
      },
      {
        ...{ what: 'throughput of delivery', amount: written * groups, unit: 'bytes per second' },
        ...{ formula: 'events/s × bytes × groups', source: pricing },
      },
      {
        ...{ what: 'retained messages', amount: (written * retentionMs) / 1_000, unit: 'bytes stored' },
        ...{ formula: 'events/s × bytes × retention', source: pricing },
      },
    ],
    notes: [
      'The throughput of a region is a quota of the project: compare it with the bytes that are published and delivered.',
    ],
  };
}
