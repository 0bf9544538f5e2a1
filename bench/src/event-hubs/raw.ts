import { earliestEventPosition, EventHubConsumerClient, EventHubProducerClient } from '@azure/event-hubs';
import type { RawClient } from '../against-raw/raw-client.ts';
import type { Message } from '../load.ts';
import { chunks } from '../sending.ts';
import { partitions } from '../topics.ts';

const batchSize = 1_000;

export function rawEventHubs(connectionString: string): RawClient & AsyncDisposable {
  const producers = new Map<string, EventHubProducerClient>();
  const producerOf = (hub: string): EventHubProducerClient => {
    const producer = producers.get(hub) ?? new EventHubProducerClient(connectionString, hub);
    producers.set(hub, producer);
    return producer;
  };
  return {
    oneByOne: 'Microsoft’s client, await sendBatch of one',
    batches: `Microsoft’s client, batches of ${batchSize} by partition, one of each in flight`,
    consumer: 'Microsoft’s client, subscribe, maxBatchSize 1,000',
    sendOne: (hub, { key, value }) => producerOf(hub).sendBatch([{ body: value }], { partitionKey: key }),
    async sendBatches(hub, load) {
      const producer = producerOf(hub);
      await Promise.all(
        [...byPartition(load)].map(async ([partition, events]) => {
          for (const batch of chunks(events, batchSize))
            await producer.sendBatch(
              batch.map(({ value }) => ({ body: value })),
              { partitionId: String(partition) },
            );
        }),
      );
    },
    async consume(hub, events, handle) {
      const client = new EventHubConsumerClient('$Default', connectionString, hub);
      let left = events;
      const done = new Promise<void>((resolve, reject) => {
        client.subscribe(
          {
            async processEvents(received) {
              for (const _ of received) handle();
              left -= received.length;
              if (left === 0) resolve();
            },
            async processError(error) {
              reject(error);
            },
          },
          {
            startPosition: earliestEventPosition,
            maxBatchSize: 1_000,
            maxWaitTimeInSeconds: 1,
            skipParsingBodyAsJson: true,
          },
        );
      });
      await done;
      await client.close();
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...producers.values()].map((producer) => producer.close()));
    },
  };
}

function byPartition(load: readonly Message[]): Map<number, Message[]> {
  const found = new Map<number, Message[]>();
  for (const message of load) {
    const partition = Number(message.key.slice('key-'.length)) % partitions;
    const events = found.get(partition) ?? [];
    events.push(message);
    found.set(partition, events);
  }
  return found;
}
