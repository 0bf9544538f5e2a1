import { EventHubBufferedProducerClient, EventHubProducerClient } from '@azure/event-hubs';
import { expect, it } from 'vitest';
import { Bench } from './support.ts';

const retryOptions = { maxRetries: 3, retryDelayInMs: 10, timeoutInMs: 1_000 };

async function sendThroughLostAnswer(bench: Bench, enableIdempotentRetries: boolean): Promise<void> {
  const errors: unknown[] = [];
  const producer = new EventHubBufferedProducerClient(bench.server.connectionString, 'orders', {
    retryOptions,
    enableIdempotentRetries,
    maxWaitTimeInMs: 10,
    onSendEventsErrorHandler({ error }) {
      errors.push(error);
    },
  });
  for (let body = 0; body < 3; body += 1) {
    await producer.enqueueEvent({ body }, { partitionId: '0' });
    await producer.flush();
    bench.server.addWriteFault({ times: 1, fault: { kind: 'store-then-drop' } });
  }
  bench.server.removeWriteFault();
  await producer.close();
  expect(errors).toEqual([]);
}

it('stores what an idempotent producer repeats once', async () => {
  await using bench = await Bench.start();

  await sendThroughLostAnswer(bench, true);

  expect(bench.server.describePartition('orders', '0').lastSequence).toBe(2);
});

it('stores what any other producer repeats again', async () => {
  await using bench = await Bench.start();

  await sendThroughLostAnswer(bench, false);

  expect(bench.server.describePartition('orders', '0').lastSequence).toBe(4);
});

it('tells Microsoft’s client that a producer group is further than its numbers', async () => {
  await using bench = await Bench.start();
  const send = async (startingSequenceNumber: number | undefined, events: number): Promise<unknown> => {
    const client = new EventHubProducerClient(bench.server.connectionString, 'orders', {
      retryOptions: { ...retryOptions, maxRetries: 0 },
    });
    // What its own tests of idempotent partitions set; options of the buffered producer leave it out.
    Object.assign(client, {
      _enableIdempotentRetries: true,
      _partitionOptions: { '0': { producerGroupId: 7, ownerLevel: 1, startingSequenceNumber } },
    });
    const bodies = Array.from({ length: events }, (_, body) => ({ body }));
    const failed: unknown = await client.sendBatch(bodies, { partitionId: '0' }).catch((error: unknown) => error);
    await client.close();
    return failed;
  };

  expect(await send(0, 5)).toBeUndefined();
  expect(await send(1, 1)).toMatchObject({ code: 'SequenceOutOfOrderError' });
  expect(bench.server.describePartition('orders', '0').lastSequence).toBe(4);
  expect(await send(5, 1)).toBeUndefined();
});
