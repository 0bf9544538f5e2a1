import { createEventHubsServer, type EventHubsServer } from '@isostream/event-hubs-emulator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createResourceManager } from '../src/client/resource-manager.ts';

const credential = { getToken: async () => ({ token: 'any', expiresOnTimestamp: Date.now() + 3_600_000 }) };
const hour = 3_600_000;

describe('hubs by Azure Resource Manager', () => {
  let server: EventHubsServer;
  let manager: ReturnType<typeof createResourceManager>;

  beforeAll(async () => {
    server = await createEventHubsServer();
    const place = { subscriptionId: 's', resourceGroup: 'g', namespace: 'n' };
    manager = createResourceManager({ ...place, credential, endpoint: server.controlUrl });
  });
  afterAll(() => server.stop());

  it('are created, described, changed and deleted', async () => {
    await manager.createHub('orders', { partitions: 3, retentionMs: 48 * hour, userMetadata: 'ours' });
    expect(await manager.describeHub('orders')).toEqual({
      partitions: 3,
      retentionMs: 48 * hour,
      userMetadata: 'ours',
    });
    await manager.updateHub('orders', { retentionMs: 72 * hour });
    expect(await manager.describeHub('orders')).toEqual({
      partitions: 3,
      retentionMs: 72 * hour,
      userMetadata: 'ours',
    });
    expect(await manager.listHubs()).toContain('orders');
    await manager.deleteHub('orders');
    expect(await manager.describeHub('orders')).toBeUndefined();
  });

  it('are not changed by a creation that came second', async () => {
    await manager.createHub('once', { partitions: 2 });
    await expect(manager.createHub('once', { partitions: 4 })).rejects.toThrow('exists');
    expect(await manager.describeHub('once')).toMatchObject({ partitions: 2 });
  });

  it('have consumer groups, made and deleted any number of times', async () => {
    await manager.createHub('grouped', { partitions: 1 });
    for (let times = 0; times < 2; times++) await manager.createConsumerGroup('grouped', 'billing');
    expect(server.findHub('grouped')?.consumerGroups).toContain('billing');
    for (let times = 0; times < 2; times++) await manager.deleteConsumerGroup('grouped', 'billing');
    expect(server.findHub('grouped')?.consumerGroups).not.toContain('billing');
  });

  it('fail with what Azure says', async () => {
    const strange = createResourceManager({
      subscriptionId: 's',
      resourceGroup: 'g',
      namespace: 'n',
      credential: { getToken: async () => null },
      endpoint: server.controlUrl,
    });
    await expect(strange.listHubs()).rejects.toThrow('token');
    await expect(manager.createConsumerGroup('missing', 'billing')).rejects.toMatchObject({ status: 404 });
  });
});
