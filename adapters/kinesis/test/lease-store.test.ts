import { leaseStoreChecks } from '@isostream/coordination/checks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DynamoLeaseStore } from '../src/leases/dynamo-lease-store.ts';
import { LeaseTables } from '../src/leases/lease-tables.ts';
import { type Dynamo, startDynalite } from './support/dynalite.ts';

const { signal } = new AbortController();
let dynamo: Dynamo;
let tables: LeaseTables;

beforeAll(async () => {
  dynamo = await startDynalite();
  tables = new LeaseTables(dynamo.client, 'isostream-{topic}-{group}');
});
afterAll(() => dynamo[Symbol.asyncDispose]());

describe('leases in DynamoDB', () => {
  it.each(leaseStoreChecks)('$name', async ({ name, run }) => {
    const group = name.replaceAll(/[^a-z]+/g, '-');
    const table = await tables.open({ topic: 'orders', group }, signal);

    await expect(run(new DynamoLeaseStore(dynamo.client, table, '1763719688'))).resolves.toBeUndefined();
  });

  it('keeps the leases of a stream apart from those of an earlier one of its name', async () => {
    const table = await tables.open({ topic: 'orders', group: 'again' }, signal);
    const earlier = new DynamoLeaseStore(dynamo.client, table, '1763719688');
    const later = new DynamoLeaseStore(dynamo.client, table, '1763719689');
    const lease = {
      partition: 'shardId-000000000000',
      counter: 0,
      token: 0,
      owner: undefined,
      askedBy: undefined,
      position: 'TRIM_HORIZON',
      after: [],
      isFinished: true,
    };
    await earlier.create(lease, signal);

    expect(await later.list(signal)).toEqual([]);
    expect(await later.create({ ...lease, isFinished: false }, signal)).toBe(true);
    expect((await earlier.read(lease.partition, signal))?.isFinished).toBe(true);
  });
});
