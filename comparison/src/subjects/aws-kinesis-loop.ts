import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  ListShardsCommand,
  PutRecordCommand,
  type ShardIteratorType,
} from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, Consumption, Service, Subject, Subscription } from '../subject.ts';
import { decoded, encoded } from './message.ts';
import { text } from './settings.ts';

/** AWS takes five reads per second of a shard. */
const pollMs = 250;

export const awsKinesisLoop: Subject = {
  name: 'aws-kinesis-loop',
  service: 'kinesis',
  package: '@aws-sdk/client-kinesis',
  settings: [
    '`PutRecord` with the key as partition key, `maxAttempts: 10`, `NodeHttpHandler` with a connection timeout of 2 s and a request timeout of 10 s',
    'for each shard of `ListShards` a loop of `GetRecords` from `TRIM_HORIZON`, 250 ms between two, records one after the other',
    'after an error, of the handler too, a new iterator at the record that failed; positions are kept in memory',
  ],
  notPromised: [
    'groups: the SDK has requests, not members. Every process reads every shard, and one that starts again begins again; sharing shards and keeping positions is what the Kinesis Client Library is for, which has no JavaScript version of its own',
    'retries by event, dead letters, or keys that go on while another fails',
    'a pause',
  ],
  hasNoPause: true,
  async open(service): Promise<Client> {
    const client = clientOf(service);
    return {
      async send(topic, message) {
        await client.send(
          new PutRecordCommand({
            StreamName: topic,
            PartitionKey: message.key,
            Data: Buffer.from(encoded(message)),
          }),
        );
      },
      consume: (subscription) => consume(client, subscription),
      close: async () => client.destroy(),
    };
  },
};

async function consume(client: KinesisClient, subscription: Subscription): Promise<Consumption> {
  const closing = new AbortController();
  const { Shards: shards = [] } = await client.send(new ListShardsCommand({ StreamName: subscription.topic }));
  const loops = shards.map(({ ShardId: shard = '' }) => readShard(client, subscription, shard, closing.signal));
  subscription.ready();
  return {
    async close() {
      closing.abort();
      await Promise.all(loops);
    },
  };
}

async function readShard(
  client: KinesisClient,
  { topic, handle }: Subscription,
  shard: string,
  signal: AbortSignal,
): Promise<void> {
  let from: { readonly type: ShardIteratorType; readonly position?: string } = { type: 'TRIM_HORIZON' };
  let iterator: string | undefined;
  while (!signal.aborted) {
    try {
      iterator ??= (
        await client.send(
          new GetShardIteratorCommand({
            StreamName: topic,
            ShardId: shard,
            ShardIteratorType: from.type,
            StartingSequenceNumber: from.position,
          }),
        )
      ).ShardIterator;
      const { Records: records = [], NextShardIterator: next } = await client.send(
        new GetRecordsCommand({ ShardIterator: iterator, Limit: 100 }),
      );
      for (const { Data: data = new Uint8Array(), SequenceNumber: position = '' } of records) {
        if (signal.aborted) return;
        from = { type: 'AT_SEQUENCE_NUMBER', position };
        await handle({ message: decoded(data), partition: shard, position });
        from = { type: 'AFTER_SEQUENCE_NUMBER', position };
      }
      iterator = next;
    } catch {
      iterator = undefined;
    }
    await sleep(pollMs);
  }
}

function clientOf({ settings }: Service): KinesisClient {
  return new KinesisClient({
    region: text(settings, 'region'),
    endpoint: text(settings, 'endpoint'),
    credentials: {
      accessKeyId: text(settings, 'credentials', 'accessKeyId'),
      secretAccessKey: text(settings, 'credentials', 'secretAccessKey'),
    },
    maxAttempts: 10,
    // The emulator speaks no HTTP/2, which is the SDK's default for Kinesis.
    requestHandler: new NodeHttpHandler({ connectionTimeout: 2_000, requestTimeout: 10_000 }),
  });
}
