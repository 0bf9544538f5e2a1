import type { CapacityDemand, CapacityModel } from '@isostream/core/adapter';
import { kinesisCapabilities } from './capabilities.ts';

const quotas = 'https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html';
const pricing = 'https://aws.amazon.com/kinesis/data-streams/pricing/';
/** Of what PutRecords is billed by. */
const payloadUnit = 25 * 1_024;

/** Shards for a demand, in provisioned mode. On demand AWS decides on the number. */
export function kinesisCapacity({
  eventsPerSecond,
  eventBytes,
  groups,
  retentionMs,
  hottestKey,
}: CapacityDemand): CapacityModel {
  const written = eventsPerSecond * eventBytes;
  return {
    partition: 'shard',
    limits: [
      {
        ...{ what: 'bytes written', per: 'partition', limit: 1_000_000, demand: written, unit: 'bytes/s' },
        ...{ formula: 'events/s × bytes', source: quotas },
      },
      {
        ...{ what: 'records written', per: 'partition', limit: 1_000, demand: eventsPerSecond, unit: 'records/s' },
        ...{ formula: 'events/s; with aggregation several events share a record', source: quotas },
      },
      {
        ...{ what: 'bytes read', per: 'partition', limit: 2_000_000, demand: written * groups, unit: 'bytes/s' },
        ...{ formula: 'events/s × bytes × groups', source: quotas },
      },
      {
        ...{ what: 'reads of each shard', per: 'topic', limit: 5, demand: groups, unit: 'calls/s' },
        ...{ formula: 'groups × 1 call/s at least: one that is behind reads up to five times', source: quotas },
      },
      {
        ...{ what: 'bytes of one key', per: 'key', limit: 1_000_000, demand: written * hottestKey, unit: 'bytes/s' },
        ...{ formula: 'events/s × bytes × share of the hottest key: a key lies in one shard', source: quotas },
      },
      {
        ...{
          what: 'records of one key',
          per: 'key',
          limit: 1_000,
          demand: eventsPerSecond * hottestKey,
          unit: 'records/s',
        },
        ...{ formula: 'events/s × share of the hottest key', source: quotas },
      },
    ],
    most: { eventBytes: kinesisCapabilities.maxEventBytes },
    costs: [
      { what: 'shard hours', amount: 'partitions', unit: 'shards', formula: 'shards × hours', source: pricing },
      {
        ...{
          what: 'PUT payload units',
          amount: eventsPerSecond * Math.ceil(eventBytes / payloadUnit),
          unit: 'per second',
        },
        ...{ formula: 'events/s × bytes in units of 25 KB, rounded up for each record', source: pricing },
      },
      ...(retentionMs > 86_400_000
        ? [
            {
              ...{ what: 'shard hours of extended retention', amount: 'partitions' as const, unit: 'shards' },
              ...{ formula: 'shards × hours, for a retention above 24 hours', source: pricing },
            },
          ]
        : []),
    ],
    notes: [
      'Typed events are stored as structured JSON, which is larger than their data: measure the bytes of a record.',
      'Leases of groups are reads and writes of DynamoDB beside this.',
    ],
  };
}
