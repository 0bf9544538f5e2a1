import { EventHubProducerClient } from '@azure/event-hubs';
import { expect, it } from 'vitest';
import { startEventHubs } from '../../src/index.ts';

const retryOptions = { maxRetries: 0, timeoutInMs: 2_000 };

it.each([
  { keepsState: true, after: 'what it stored', kept: 1 },
  { keepsState: false, after: 'nothing', kept: 0 },
])('starts again with $after after it was killed, if keepsState is $keepsState', async ({ keepsState, kept }) => {
  await using eventHubs = await startEventHubs({ hubs: { orders: { partitions: 2 } }, keepsState });
  await eventHubs.controls.createHub('later', { consumerGroups: ['billing'] });
  const producer = new EventHubProducerClient(eventHubs.connectionString, 'orders', { retryOptions });
  await producer.sendBatch([{ body: 1 }], { partitionId: '1' });
  await producer.close();

  await eventHubs.kill();
  await eventHubs.start();

  const { lastSequence } = await eventHubs.controls.describePartition('orders', '1');
  expect(lastSequence).toBe(kept - 1);
  expect((await eventHubs.controls.listHubs()).map(({ name }) => name)).toEqual(
    keepsState ? ['orders', 'later'] : ['orders'],
  );
  if (keepsState) expect((await eventHubs.controls.findHub('later'))?.consumerGroups).toContain('billing');
});

it('answers nothing while it is paused', async () => {
  await using eventHubs = await startEventHubs({ hubs: { orders: {} } });
  const producer = new EventHubProducerClient(eventHubs.connectionString, 'orders', { retryOptions });
  await producer.sendBatch([{ body: 1 }]);

  eventHubs.pause();
  await expect(producer.sendBatch([{ body: 2 }])).rejects.toMatchObject({ code: 'OperationTimeoutError' });
  eventHubs.resume();
  await producer.sendBatch([{ body: 3 }]);
  await producer.close();
});
