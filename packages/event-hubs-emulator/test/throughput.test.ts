import { expect, it } from 'vitest';
import { connectEventHubsControls, serverBusy } from '../src/index.ts';
import { Throughput } from '../src/throughput.ts';
import { Bench } from './support.ts';

it('takes what is sent in a second up to its limit, and refuses everything for four seconds once it is too much', () => {
  let now = 10_000;
  const throughput = new Throughput(() => now);
  throughput.limit = { eventsPerSecond: 10, bytesPerSecond: 100 };

  expect([throughput.refusal(6, 10), throughput.refusal(4, 10)]).toEqual([undefined, undefined]);
  expect(throughput.refusal(1, 1)).toBe(serverBusy);
  now += 3_999;
  expect(throughput.refusal(1, 1)).toBe(serverBusy);
  now += 1;
  expect([throughput.refusal(1, 60), throughput.refusal(1, 60)]).toEqual([undefined, serverBusy]);
});

it('takes one batch of a second however large it is: else it could never be sent', () => {
  let now = 0;
  const throughput = new Throughput(() => now);
  throughput.limit = { eventsPerSecond: 10, busyMs: 0 };

  expect([throughput.refusal(500, 1), throughput.refusal(1, 1)]).toEqual([undefined, serverBusy]);
  now += 1_000;
  expect(throughput.refusal(500, 1)).toBeUndefined();
});

it('tells clients that the namespace is busy, and takes everything at once when the limit is gone', async () => {
  await using bench = await Bench.start();
  const controls = connectEventHubsControls(bench.server.controlUrl);
  const producer = bench.producer();
  const send = (): Promise<void> => producer.sendBatch([{ body: 1 }, { body: 2 }], { partitionId: '0' });
  await controls.limitThroughput({ eventsPerSecond: 1 });
  await send();

  await expect(send().then(send)).rejects.toMatchObject({ code: 'ServerBusyError' });
  await controls.limitThroughput();
  await send();

  const stored = bench.server.describePartition('orders', '0').lastSequence + 1;
  expect(stored % 2).toBe(0);
});
