import { EventHubConsumerClient, EventHubProducerClient } from '@azure/event-hubs';
import { BlobCheckpointStore } from '@azure/eventhubs-checkpointstore-blob';
import { ContainerClient } from '@azure/storage-blob';
import type { Client, Consumption, Service, Subject, Subscription } from '../subject.ts';
import { decoded, encoded } from './message.ts';
import { text } from './settings.ts';

/** That of every hub; isostream's groups have others. */
const consumerGroup = '$Default';

const retryOptions = { maxRetries: 30, retryDelayInMs: 250, maxRetryDelayInMs: 1_000, timeoutInMs: 5_000 };

export const azureEventHubs: Subject = {
  name: 'azure-event-hubs',
  service: 'event-hubs',
  package: '@azure/event-hubs',
  settings: [
    '`EventHubProducerClient.sendBatch([event], { partitionKey })`, 30 retries, timeout 5 s',
    '`EventHubConsumerClient.subscribe({ processEvents, processError })` with `BlobCheckpointStore`, balanced strategy, update interval 1 s, partition ownership 6 s, `maxBatchSize: 20`',
    'in `processEvents` one event after the other, `updateCheckpoint(event)` after each; what the handler throws is thrown',
  ],
  notPromised: [
    'one owner of a partition at a time: ownership is by a lease that expires while a frozen owner still runs',
    'retries by event, dead letters, or keys that go on while another fails; Microsoft asks that handlers catch their errors',
    'a pause',
  ],
  hasNoPause: true,
  async prepare(service) {
    await containerOf(service).createIfNotExists();
  },
  async open(service, clientId): Promise<Client> {
    const connectionString = text(service.settings, 'connectionString');
    let producer: EventHubProducerClient | undefined;
    return {
      async send(topic, message) {
        producer ??= new EventHubProducerClient(connectionString, topic, { retryOptions, identifier: clientId });
        await producer.sendBatch([{ body: Buffer.from(encoded(message)) }], { partitionKey: message.key });
      },
      consume: (subscription) => consume(service, connectionString, subscription),
      async close() {
        await producer?.close();
      },
    };
  },
};

async function consume(
  service: Service,
  connectionString: string,
  { topic, handle, ready }: Subscription,
): Promise<Consumption> {
  const client = new EventHubConsumerClient(
    consumerGroup,
    connectionString,
    topic,
    new BlobCheckpointStore(containerOf(service)),
    {
      retryOptions,
      loadBalancingOptions: {
        strategy: 'balanced',
        updateIntervalInMs: 1_000,
        partitionOwnershipExpirationIntervalInMs: 6_000,
      },
    },
  );
  const subscription = client.subscribe(
    {
      processInitialize: async () => ready(),
      async processEvents(events, context) {
        for (const event of events) {
          const position = String(event.sequenceNumber);
          await handle({ message: decoded(bytesOf(event.body)), partition: context.partitionId, position });
          await context.updateCheckpoint(event);
        }
      },
      // It says itself what it does about it.
      processError: async () => undefined,
    },
    { startPosition: { offset: '-1' }, maxBatchSize: 20, maxWaitTimeInSeconds: 1, skipParsingBodyAsJson: true },
  );
  return {
    async close() {
      await subscription.close();
      await client.close();
    },
  };
}

function bytesOf(body: unknown): Uint8Array {
  if (body instanceof Uint8Array) return body;
  throw new Error('the body is not bytes');
}

function containerOf({ settings }: Service): ContainerClient {
  return new ContainerClient(text(settings, 'checkpoints', 'connectionString'), 'comparison');
}
