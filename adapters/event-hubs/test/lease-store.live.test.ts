import { BlobCheckpointStore } from '@azure/eventhubs-checkpointstore-blob';
import type { ContainerClient } from '@azure/storage-blob';
import type { Lease } from '@isostream/coordination';
import { leaseStoreChecks } from '@isostream/coordination/checks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BlobLeaseStore } from '../src/leases/blob-lease-store.ts';
import { startStorage, type Storage } from './support/storage.ts';

const { signal } = new AbortController();
const [host, hub, group] = ['Name.servicebus.windows.net', 'Orders', 'Billing'];
const prefix = 'name.servicebus.windows.net/orders/billing/checkpoint/';
const hubCreated = '2026-01-01T00:00:00.000Z';

let storage: Storage;
beforeAll(async () => {
  storage = await startStorage();
});
afterAll(() => storage[Symbol.asyncDispose]());

function storeIn(container: ContainerClient, change: { group?: string; hubCreated?: string } = {}): BlobLeaseStore {
  return new BlobLeaseStore({ container, prefix, timeoutMs: 10_000, group, hubCreated, ...change });
}

/** The container itself, whose blobs are written whatever the conditions say. */
function unconditional(container: ContainerClient): ContainerClient {
  const client = container.getBlockBlobClient.bind(container);
  container.getBlockBlobClient = (name) => {
    const blob = client(name);
    const setMetadata = blob.setMetadata.bind(blob);
    blob.setMetadata = (metadata) => setMetadata(metadata);
    return blob;
  };
  return container;
}

function lease(change: Partial<Lease> = {}): Lease {
  const free = { counter: 0, token: 0, owner: undefined, askedBy: undefined, after: [], isFinished: false };
  return { partition: '0', position: '-1@-1', ...free, ...change };
}

describe('leases in Blob Storage', () => {
  it.each(leaseStoreChecks)('$name', async ({ run }) => {
    await expect(run(storeIn(await storage.container()))).resolves.toBeUndefined();
  });

  it('without conditions would fail these checks', async () => {
    const failed: string[] = [];
    for (const { name, run } of leaseStoreChecks) {
      const store = storeIn(unconditional(await storage.container()));
      await run(store).catch(() => failed.push(name));
    }

    expect(failed).toContain('lets one of many win');
  });

  it('keep names that no HTTP header could carry', async () => {
    const store = storeIn(await storage.container(), { group: 'Größe  <&> "☺"' });
    const odd = lease({ owner: 'a  b\n☺\u007f', askedBy: '<x&y>' });
    await store.create(odd, signal);

    expect(await store.read('0', signal)).toEqual(odd);
    expect(await store.list(signal)).toEqual([odd]);
  });

  it('of two stores that know the same counter let one write', async () => {
    const container = await storage.container();
    const [one, other] = [storeIn(container), storeIn(container)];
    await one.create(lease(), signal);
    await other.list(signal);
    expect(await one.replace(lease({ counter: 1, owner: 'one' }), 0, signal)).toBe(true);

    expect(await other.replace(lease({ counter: 1, owner: 'other' }), 0, signal)).toBe(false);
    expect(await other.replace(lease({ counter: 2, owner: 'other' }), 1, signal)).toBe(true);
    expect((await one.read('0', signal))?.owner).toBe('other');
  });

  it('of another group are refused: both would share positions and readers', async () => {
    const container = await storage.container();
    await storeIn(container).create(lease(), signal);
    const other = storeIn(container, { group: 'shipping' });

    await expect(other.list(signal)).rejects.toMatchObject({ code: 'conflict' });
    await expect(other.read('0', signal)).rejects.toMatchObject({ code: 'conflict' });
    await expect(other.replace(lease({ counter: 1 }), 0, signal)).rejects.toMatchObject({ code: 'conflict' });
  });

  it('of an earlier hub of the same name count for nothing, and one of many replaces them', async () => {
    const container = await storage.container();
    await storeIn(container).create(lease({ counter: 7, position: '99@4096' }), signal);
    const stores = Array.from({ length: 8 }, () => storeIn(container, { hubCreated: '2026-02-02T00:00:00.000Z' }));

    for (const store of stores) expect(await store.list(signal)).toEqual([]);
    const created = await Promise.all(stores.map((store) => store.create(lease(), signal)));
    expect(created.filter(Boolean)).toHaveLength(1);
    expect((await stores[0]?.list(signal))?.[0]?.position).toBe('-1@-1');
  });

  it('say that a container is missing', async () => {
    const container = await storage.container();
    await container.delete();

    await expect(storeIn(container).list(signal)).rejects.toMatchObject({ code: 'invalid-config', retryable: false });
    await expect(storeIn(container).create(lease(), signal)).rejects.toMatchObject({ code: 'invalid-config' });
  });
});

describe('Microsoft’s BlobCheckpointStore', () => {
  it('reads our positions, also while a member holds the lease', async () => {
    const container = await storage.container();
    const store = storeIn(container);
    const theirs = new BlobCheckpointStore(container);
    await store.create(lease({ partition: '0', position: '41@1:0:4096' }), signal);
    await store.create(lease({ partition: '1', position: '-1@-1' }), signal);
    await store.replace(lease({ partition: '0', counter: 1, owner: 'us', position: '42@1:0:8192' }), 0, signal);

    expect(await theirs.listCheckpoints(host, hub, group)).toEqual([
      expect.objectContaining({ partitionId: '0', sequenceNumber: 42, offset: '1:0:8192' }),
      expect.objectContaining({ partitionId: '1', sequenceNumber: -1, offset: '-1' }),
    ]);
    expect(await theirs.listOwnership(host, hub, group)).toEqual([]);
  });

  it('leaves positions that we go on from', async () => {
    const container = await storage.container();
    const place = { fullyQualifiedNamespace: host, eventHubName: hub, consumerGroup: group };
    await new BlobCheckpointStore(container).updateCheckpoint({
      ...place,
      partitionId: '3',
      sequenceNumber: 17,
      offset: '2048',
    });
    const store = storeIn(container);
    const taken = lease({ partition: '3', counter: 1, token: 1, owner: 'us', position: '17@2048' });

    expect(await store.list(signal)).toEqual([lease({ partition: '3', token: 1, position: '17@2048' })]);
    expect(await store.create(lease({ partition: '3' }), signal)).toBe(false);
    expect(await store.replace(taken, 0, signal)).toBe(true);
    expect(await store.list(signal)).toEqual([taken]);
  });
});
