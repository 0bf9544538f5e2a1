import type { CapacityDemand, CapacityModel } from '@isostream/core/adapter';
import { kafkaCapabilities } from './capabilities.ts';

const rule = 'https://www.confluent.io/blog/how-choose-number-topics-partitions-kafka-cluster/';
const replication = 'https://kafka.apache.org/documentation/#replication';
/** Of one partition. That post calls tens of megabytes a second usual; a measure of your own cluster is better. */
const partitionBytes = 10_000_000;

/** Partitions for a demand by the rule of throughput; Kafka itself has no published limits. */
export function kafkaCapacity(demand: CapacityDemand): CapacityModel {
  const { eventsPerSecond, eventBytes, groups, retentionMs, hottestKey, copies } = demand;
  const written = eventsPerSecond * eventBytes;
  return {
    partition: 'partition',
    limits: [
      {
        ...{ what: 'bytes written', per: 'partition', limit: partitionBytes, demand: written, unit: 'bytes/s' },
        ...{ formula: 'events/s × bytes', source: rule },
      },
      {
        ...{
          what: 'bytes of one key',
          per: 'key',
          limit: partitionBytes,
          demand: written * hottestKey,
          unit: 'bytes/s',
        },
        ...{ formula: 'events/s × bytes × share of the hottest key: a key lies in one partition', source: rule },
      },
    ],
    most: { eventBytes: kafkaCapabilities.maxEventBytes },
    costs: [
      {
        ...{ what: 'disk of all brokers', amount: (written * retentionMs * copies) / 1_000, unit: 'bytes stored' },
        ...{ formula: 'events/s × bytes × retention × copies, before compression', source: replication },
      },
      {
        ...{ what: 'network into all brokers', amount: written * copies, unit: 'bytes per second' },
        ...{ formula: 'events/s × bytes × copies', source: replication },
      },
      {
        ...{ what: 'network out of all brokers', amount: written * (groups + copies - 1), unit: 'bytes per second' },
        ...{ formula: 'events/s × bytes × (groups + copies − 1)', source: replication },
      },
    ],
    notes: ['What one partition carries depends on disks, network and batches: measure it, and divide by that.'],
  };
}
