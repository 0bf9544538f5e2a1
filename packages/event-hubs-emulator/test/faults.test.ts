import { expect, it } from 'vitest';
import { serverBusy } from '../src/index.ts';
import { Bench } from './support.ts';

const to0 = { partitionId: '0' };
const once = { retryOptions: { maxRetries: 2, retryDelayInMs: 10, timeoutInMs: 1_000 } };

function stored(bench: Bench): number {
  return bench.server.describePartition('orders', '0').lastSequence + 1;
}

it('refuses a batch with the condition that it was told', async () => {
  await using bench = await Bench.start();
  const producer = bench.producer();

  const fault = bench.server.addWriteFault({ hub: 'orders', partition: '0', fault: serverBusy });
  await expect(producer.sendBatch([{ body: 1 }], to0)).rejects.toMatchObject({ code: 'ServerBusyError' });
  await producer.sendBatch([{ body: 1 }], { partitionId: '1' });
  bench.server.removeWriteFault(fault);
  await producer.sendBatch([{ body: 2 }], to0);

  expect(stored(bench)).toBe(1);
});

it('breaks the connection before it stores a batch: the client sends it again, and it is stored once', async () => {
  await using bench = await Bench.start();

  bench.server.addWriteFault({ times: 1, fault: { kind: 'drop-before-store' } });
  await bench.producer('orders', once).sendBatch([{ body: 1 }], to0);

  expect(stored(bench)).toBe(1);
});

it('breaks the connection after it stored a batch: the client sends it again, and it is stored twice', async () => {
  await using bench = await Bench.start();

  bench.server.addWriteFault({ times: 1, fault: { kind: 'store-then-drop' } });
  await bench.producer('orders', once).sendBatch([{ body: 1 }], to0);

  expect(stored(bench)).toBe(2);
});

it('answers too late: the client sends it again, and it is stored twice', async () => {
  await using bench = await Bench.start();

  bench.server.addWriteFault({ times: 1, fault: { kind: 'accept-late', ms: 1_500 } });
  await bench.producer('orders', once).sendBatch([{ body: 1 }], to0);

  expect(stored(bench)).toBe(2);
});

it('strikes the batches it was told to, and no other', async () => {
  await using bench = await Bench.start();
  const producer = bench.producer();

  bench.server.addWriteFault({ after: 1, times: 1, fault: serverBusy });
  await producer.sendBatch([{ body: 1 }], to0);
  await expect(producer.sendBatch([{ body: 2 }], to0)).rejects.toMatchObject({ code: 'ServerBusyError' });
  await producer.sendBatch([{ body: 3 }], to0);

  expect(stored(bench)).toBe(2);
});

it('ignores a batch: the client gives up on it', async () => {
  await using bench = await Bench.start();

  bench.server.addWriteFault({ times: 1, fault: { kind: 'ignore' } });
  // Within which it connects, also on a busy machine.
  const producer = bench.producer('orders', { retryOptions: { maxRetries: 0, timeoutInMs: 1_500 } });
  await expect(producer.sendBatch([{ body: 1 }], to0)).rejects.toMatchObject({ code: 'OperationTimeoutError' });

  expect(stored(bench)).toBe(0);
});

it('lets a refusal strike only the batch it is for, among many in flight', async () => {
  await using bench = await Bench.start();
  const producer = bench.producer();
  await producer.sendBatch([{ body: 'first' }], to0);

  bench.server.addWriteFault({ after: 10, times: 5, fault: serverBusy });
  const outcomes = await Promise.allSettled(
    Array.from({ length: 40 }, (_, body) => producer.sendBatch([{ body }], to0)),
  );

  expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(5);
  expect(outcomes.slice(10, 15).every(({ status }) => status === 'rejected')).toBe(true);
  expect(stored(bench)).toBe(36);
});

it.each(['dropConnections', 'closeConnections', 'detach'] as const)('lets clients go on after %s', async (control) => {
  await using bench = await Bench.start();
  const producer = bench.producer('orders', once);
  await producer.sendBatch([{ body: 1 }], to0);

  bench.server[control]();
  await producer.sendBatch([{ body: 2 }], to0);

  expect(stored(bench)).toBe(2);
});

it('is gone while it is stopped, and comes back on its port with what it stored', async () => {
  await using bench = await Bench.start();
  const producer = bench.producer('orders', once);
  await producer.sendBatch([{ body: 1 }], to0);
  const { port } = bench.server;

  await bench.server.stop();
  await expect(bench.producer().sendBatch([{ body: 2 }], to0)).rejects.toThrow('ECONNREFUSED');
  await bench.server.start();
  await producer.sendBatch([{ body: 3 }], to0);

  expect(bench.server.port).toBe(port);
  expect(stored(bench)).toBe(2);
});
