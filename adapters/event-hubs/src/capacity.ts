import type { CapacityDemand, CapacityModel } from '@isostream/core/adapter';

const scalability = 'https://learn.microsoft.com/azure/event-hubs/event-hubs-scalability';
const quotas = 'https://learn.microsoft.com/azure/event-hubs/event-hubs-quotas';
const faq = 'https://learn.microsoft.com/azure/event-hubs/event-hubs-faq';
const billedEvent = 64 * 1_024;
const includedStorage = 84 * 1_000_000_000;

/** Throughput units and partitions for a demand, in the standard tier. */
export function eventHubsCapacity(demand: CapacityDemand): CapacityModel {
  const { eventsPerSecond, eventBytes, groups, retentionMs, hottestKey } = demand;
  const written = eventsPerSecond * eventBytes;
  const stored = (written * retentionMs) / 1_000;
  return {
    partition: 'partition',
    unit: 'throughput unit',
    limits: [
      {
        ...{ what: 'bytes written', per: 'unit', limit: 1_000_000, demand: written, unit: 'bytes/s' },
        ...{ formula: 'events/s × bytes', source: scalability },
      },
      {
        ...{ what: 'events written', per: 'unit', limit: 1_000, demand: eventsPerSecond, unit: 'events/s' },
        ...{ formula: 'events/s', source: scalability },
      },
      {
        ...{ what: 'bytes read', per: 'unit', limit: 2_000_000, demand: written * groups, unit: 'bytes/s' },
        ...{ formula: 'events/s × bytes × groups', source: scalability },
      },
      {
        ...{ what: 'events read', per: 'unit', limit: 4_096, demand: eventsPerSecond * groups, unit: 'events/s' },
        ...{ formula: 'events/s × groups', source: scalability },
      },
      {
        ...{ what: 'bytes written', per: 'partition', limit: 1_000_000, demand: written, unit: 'bytes/s' },
        ...{ formula: 'events/s × bytes: as many partitions as units, so that one can use a unit whole', source: faq },
      },
      {
        ...{ what: 'bytes of one key', per: 'key', limit: 1_000_000, demand: written * hottestKey, unit: 'bytes/s' },
        ...{ formula: 'events/s × bytes × share of the hottest key: a key lies in one partition', source: faq },
      },
      {
        ...{ what: 'consumer groups of a hub', per: 'topic', limit: 20, demand: groups, unit: 'groups' },
        ...{ formula: 'groups', source: quotas },
      },
    ],
    // The service takes larger events in its dedicated tier, and this is a model of the standard tier.
    most: { partitions: 32, units: 40, eventBytes: 1_048_576 },
    costs: [
      { what: 'throughput unit hours', amount: 'units', unit: 'units', formula: 'units × hours', source: faq },
      {
        ...{
          what: 'ingress events',
          amount: eventsPerSecond * Math.ceil(eventBytes / billedEvent),
          unit: 'per second',
        },
        ...{ formula: 'events/s × bytes in units of 64 KB, rounded up for each event', source: faq },
      },
      {
        ...{
          what: 'units that the included storage asks for',
          amount: Math.ceil(stored / includedStorage),
          unit: 'units',
        },
        ...{ formula: 'events/s × bytes × retention, in units of 84 GB', source: faq },
      },
    ],
    notes: [
      'Leases of groups are transactions of Blob Storage beside this.',
      'Retention above 7 days takes a higher tier.',
    ],
  };
}
