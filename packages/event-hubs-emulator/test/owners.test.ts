import { expect, it } from 'vitest';
import { Bench, read } from './support.ts';

async function oneEvent(): Promise<Bench> {
  const bench = await Bench.start();
  await bench.producer().sendBatch([{ body: 1 }], { partitionId: '0' });
  return bench;
}

it.each([1, 2])('lets a reader of level %i displace one of level 1', async (ownerLevel) => {
  await using bench = await oneEvent();
  const first = read(bench.consumer(), { ownerLevel: 1 }, '0');
  await first.count(1);

  const second = read(bench.consumer(), { ownerLevel }, '0');
  await second.count(1);
  await first.until(() => first.errors.length > 0);

  expect(first.errors[0]).toMatchObject({ code: 'ReceiverDisconnectedError' });
  expect(second.errors).toEqual([]);
});

it.each([{ ownerLevel: 1 }, {}])('refuses a reader of %o while one of level 2 reads', async (options) => {
  await using bench = await oneEvent();
  const first = read(bench.consumer(), { ownerLevel: 2 }, '0');
  await first.count(1);

  const second = read(bench.consumer(), options, '0');
  await second.until(() => second.errors.length > 0);

  expect(second.errors[0]).toMatchObject({ code: 'ReceiverDisconnectedError' });
  expect(first.errors).toEqual([]);
});

it('lets a reader with a level displace all without', async () => {
  await using bench = await oneEvent();
  const first = read(bench.consumer(), {}, '0');
  await first.count(1);

  await read(bench.consumer(), { ownerLevel: 1 }, '0').count(1);
  await first.until(() => first.errors.length > 0);

  expect(first.errors[0]).toMatchObject({ code: 'ReceiverDisconnectedError' });
});

it('counts the readers of one partition in one group', async () => {
  await using bench = await oneEvent();
  bench.server.createGroup('orders', 'billing');
  const readers = Array.from({ length: 5 }, () => read(bench.consumer(), {}, '0'));
  await Promise.all(readers.map((reader) => reader.count(1)));

  const sixth = read(bench.consumer(), {}, '0');
  await sixth.until(() => sixth.errors.length > 0);
  const elsewhere = read(bench.consumer('billing'), {}, '0');
  await elsewhere.count(1);

  expect(sixth.errors[0]).toMatchObject({ code: 'QuotaExceededError' });
});

it('lets a reader in once another has left', async () => {
  await using bench = await oneEvent();
  const leaving = bench.consumer();
  await read(leaving, { ownerLevel: 5 }, '0').count(1);

  await leaving.close();
  const reader = read(bench.consumer(), {}, '0');
  await reader.count(1);

  expect(reader.errors).toEqual([]);
});

it.each(['dropConnections', 'detach'] as const)('gives a reader back its place after %s', async (control) => {
  await using bench = await oneEvent();
  const retryOptions = { maxRetries: 5, retryDelayInMs: 10 };
  const reader = read(bench.consumer('$Default', 'orders', { retryOptions }), { ownerLevel: 1 }, '0');
  await reader.count(1);

  bench.server[control]();
  await bench.producer('orders', { retryOptions }).sendBatch([{ body: 2 }], { partitionId: '0' });
  await reader.count(2);

  expect(reader.bodies).toEqual([1, 2]);
});
