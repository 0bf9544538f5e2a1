import { Agent } from 'node:http';
import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  ListShardsCommand,
  PutRecordCommand,
  PutRecordsCommand,
} from '@aws-sdk/client-kinesis';
import type { KinesisEmulator } from '@isostream/emulators';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { RawClient } from '../against-raw/raw-client.ts';
import { chunks, sendOutstanding } from '../sending.ts';

const batchSize = 500;
const batchesInFlight = 4;

export function rawKinesis({ region, endpoint, credentials }: KinesisEmulator): RawClient {
  const client = new KinesisClient({
    region,
    endpoint,
    credentials,
    requestHandler: new NodeHttpHandler({ httpAgent: new Agent({ keepAlive: true, maxSockets: 64 }) }),
  });
  return {
    oneByOne: 'AWS SDK, await PutRecord one by one',
    consumer: 'AWS SDK, a GetRecords loop for each shard',
    sendOne: (topic, { key, value }) =>
      client.send(new PutRecordCommand({ StreamName: topic, PartitionKey: key, Data: value })),
    bulk: [
      {
        name: `AWS SDK, PutRecords of ${batchSize}, ${batchesInFlight} in flight`,
        outstanding: batchSize * batchesInFlight,
        async send(topic, load) {
          await sendOutstanding(chunks(load, batchSize), batchesInFlight, async (batch) => {
            const Records = batch.map(({ key, value }) => ({ PartitionKey: key, Data: value }));
            const { FailedRecordCount: failed = 0 } = await client.send(
              new PutRecordsCommand({ StreamName: topic, Records }),
            );
            if (failed > 0) throw new Error(`${failed} records failed`);
          });
        },
      },
    ],
    async consume(topic, events, handle) {
      const { Shards: shards = [] } = await client.send(new ListShardsCommand({ StreamName: topic }));
      let left = events;
      await Promise.all(
        shards.map(async ({ ShardId }) => {
          const start = new GetShardIteratorCommand({ StreamName: topic, ShardId, ShardIteratorType: 'TRIM_HORIZON' });
          let { ShardIterator: iterator } = await client.send(start);
          while (left > 0 && iterator !== undefined) {
            const page = await client.send(new GetRecordsCommand({ ShardIterator: iterator, Limit: 1_000 }));
            iterator = page.NextShardIterator;
            for (const _ of page.Records ?? []) {
              left--;
              handle();
            }
          }
        }),
      );
    },
  };
}
