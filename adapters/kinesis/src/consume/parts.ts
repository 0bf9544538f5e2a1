import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { KinesisClient } from '@aws-sdk/client-kinesis';
import type { ServiceClock } from '../client/service-clock.ts';

/** What reading needs to know, in plain units. */
export interface ConsumeSettings {
  /** How long a lease outlives its last renewal. */
  readonly sessionTimeoutMs: number;
  /** How often the shards of a stream are listed. */
  readonly discoveryMs: number;
  /** The name of a group's lease table, with `{topic}` and `{group}` in it. */
  readonly leaseTable: string;
  /** How often a shard that has nothing new is asked again. */
  readonly pollIntervalMs: number;
  /** Records that one call asks for. */
  readonly readEvents: number;
}

/** What sources, readers and the administration of groups share. */
export interface ConsumeParts {
  readonly kinesis: KinesisClient;
  readonly dynamo: DynamoDBClient;
  /** Subscribes to shards, where groups are pushed to: AWS takes that over HTTP/2 alone. */
  readonly fanOut?: KinesisClient | undefined;
  readonly clock: ServiceClock;
  readonly settings: ConsumeSettings;
}
