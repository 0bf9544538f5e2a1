import { expect, it } from 'vitest';
import { connectEventHubsControls, createEventHubsServer } from '../src/index.ts';
import { Bench } from './support.ts';

const arm = '/subscriptions/s/resourceGroups/g/providers/Microsoft.EventHub/namespaces/n/eventhubs';

it('is controlled from another process', async () => {
  await using bench = await Bench.start();
  const controls = connectEventHubsControls(bench.server.controlUrl);

  await controls.createHub('rides', { partitions: 2, consumerGroups: ['billing'] });
  await bench.producer('rides').sendBatch([{ body: 'a' }, { body: 'b' }], { partitionId: '1' });
  await controls.trim('rides', '1', 1);

  expect(await controls.findHub('rides')).toMatchObject({ partitions: 2, consumerGroups: ['$Default', 'billing'] });
  expect(await controls.describePartition('rides', '1')).toEqual({ beginSequence: 1, lastSequence: 1, isEmpty: false });
  await expect(controls.createHub('rides')).rejects.toMatchObject({ condition: 'amqp:conflict' });
});

it.each(['0.0.0.0', '::', '', '192.168.1.7', 'example.org', '127.0.0.1.example.org'])(
  'serves this machine only, and not the host %j',
  async (host) => {
    await expect(createEventHubsServer({ host })).rejects.toThrow('serves this machine only');
  },
);

it('creates hubs and consumer groups at the paths of Azure Resource Manager', async () => {
  await using bench = await Bench.start();
  const call = (method: string, path: string, body?: object): Promise<Response> =>
    fetch(`${bench.server.controlUrl}${arm}${path}?api-version=2024-01-01`, {
      method,
      headers: { authorization: 'Bearer token' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });

  const created = await call('PUT', '/rides', {
    properties: { partitionCount: 3, retentionDescription: { cleanupPolicy: 'Delete', retentionTimeInHours: 2 } },
  });
  await call('PUT', '/rides/consumergroups/billing', {});

  expect(created.status).toBe(201);
  expect(bench.server.findHub('rides')).toMatchObject({
    partitions: 3,
    retentionMs: 7_200_000,
    consumerGroups: ['$Default', 'billing'],
  });
  expect(await (await call('GET', '')).json()).toMatchObject({ value: [{ name: 'orders' }, { name: 'rides' }] });
  expect((await call('DELETE', '/rides')).status).toBe(200);
  expect((await call('GET', '/rides')).status).toBe(404);
});
