import { EventHubBufferedProducerClient } from '@azure/event-hubs';
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
