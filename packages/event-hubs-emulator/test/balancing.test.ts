import { CloseReason, earliestEventPosition, EventHubConsumerClient, type Subscription } from '@azure/event-hubs';
import { expect, it } from 'vitest';
import { SharedCheckpoints } from './shared-checkpoints.ts';
import { Bench, Received } from './support.ts';

const balancing = {
  strategy: 'greedy',
  updateIntervalInMs: 100,
  partitionOwnershipExpirationIntervalInMs: 2_000,
} as const;

interface Member {
  readonly received: Received;
  readonly lost: Set<string>;
  readonly owned: Set<string>;
  readonly subscription: Subscription;
  readonly client: EventHubConsumerClient;
}

function join(bench: Bench, store: SharedCheckpoints): Member {
  const client = new EventHubConsumerClient('$Default', bench.server.connectionString, 'orders', store, {
    loadBalancingOptions: balancing,
    retryOptions: { maxRetries: 2, retryDelayInMs: 50 },
  });
  const received = new Received();
  const [owned, lost] = [new Set<string>(), new Set<string>()];
  const subscription = client.subscribe(
    {
      processInitialize: async ({ partitionId }) => void owned.add(partitionId),
      processClose: async (reason, { partitionId }) => {
        owned.delete(partitionId);
        if (reason === CloseReason.OwnershipLost) lost.add(partitionId);
        received.add(partitionId, []);
      },
      processEvents: async (events, context) => {
        received.add(context.partitionId, events);
        const last = events.at(-1);
        if (last !== undefined) await context.updateCheckpoint(last);
      },
      processError: async () => undefined,
    },
    { startPosition: earliestEventPosition, maxBatchSize: 10, maxWaitTimeInSeconds: 0.1 },
  );
  return { received, owned, lost, subscription, client };
}

function owns({ owned }: Member, partitions: number): boolean {
  return owned.size === partitions;
}

it("lets Microsoft's consumers share a group: one joins and takes partitions, one leaves and gives them back", async () => {
  await using bench = await Bench.start();
  const producer = bench.producer();
  const store = new SharedCheckpoints();
  let sent = 0;
  const send = async (): Promise<void> => {
    for (const partitionId of ['0', '1', '2', '3']) await producer.sendBatch([{ body: sent }], { partitionId });
    sent += 1;
  };
  const one = join(bench, store);
  await one.received.until(() => owns(one, 4));
  for (let round = 0; round < 20; round += 1) await send();

  const two = join(bench, store);
  while (!owns(one, 2) || !owns(two, 2)) await send();
  expect(one.lost.size).toBe(2);

  await one.subscription.close();
  while (!owns(two, 4)) await send();
  await send();
  const all = (): string[] =>
    [...one.received.events, ...two.received.events].map(
      ({ partition, sequenceNumber }) => `${partition}/${sequenceNumber}`,
    );
  await two.received.until(() => new Set(all()).size === sent * 4);

  expect(new Set(all()).size).toBe(sent * 4);
  await two.subscription.close();
  await Promise.all([one.client.close(), two.client.close()]);
});
