import {
  earliestEventPosition,
  EventHubBufferedProducerClient,
  EventHubConsumerClient,
  EventHubProducerClient,
} from '@azure/event-hubs';
import type { RawClient } from '../against-raw/raw-client.ts';
import type { Message } from '../load.ts';
import { chunks } from '../sending.ts';
import { partitions } from '../topics.ts';

const batchSize = 1_000;
/** What it holds for a partition by default. */
const buffered = 1_500;

export function rawEventHubs(connectionString: string): RawClient & AsyncDisposable {
  const producers = new Map<string, EventHubProducerClient>();
  const producerOf = (hub: string): EventHubProducerClient => {
    const producer = producers.get(hub) ?? new EventHubProducerClient(connectionString, hub);
    producers.set(hub, producer);
    return producer;
  };
  return {
    oneByOne: 'Microsoft’s client, await sendBatch of one',
    consumer: 'Microsoft’s client, subscribe, maxBatchSize 1,000',
    sendOne: (hub, { key, value }) => producerOf(hub).sendBatch([{ body: value }], { partitionKey: key }),
    bulk: [
      {
        name: `Microsoft’s client, batches of ${batchSize} by partition, one of each in flight`,
        outstanding: batchSize * partitions,
        async send(hub, load) {
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
      },
      {
        name: `Microsoft’s buffered producer, ${buffered} a partition`,
        outstanding: buffered * partitions,
        async send(hub, load) {
          let failed: Error | undefined;
          const producer = new EventHubBufferedProducerClient(connectionString, hub, {
            onSendEventsErrorHandler: ({ error }) => (failed ??= error),
          });
          for (const { key, value } of load) await producer.enqueueEvent({ body: value }, { partitionKey: key });
          await producer.close();
          if (failed !== undefined) throw failed;
        },
      },
    ],
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
