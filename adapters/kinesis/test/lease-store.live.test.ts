import { leaseStoreChecks } from '@isostream/coordination/checks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DynamoLeaseStore } from '../src/leases/dynamo-lease-store.ts';
import { LeaseTables } from '../src/leases/lease-tables.ts';
import { startDynamoDbLocal } from './support/dynamodb-local.ts';

let dynamo: Awaited<ReturnType<typeof startDynamoDbLocal>>;
let tables: LeaseTables;

beforeAll(async () => {
  dynamo = await startDynamoDbLocal();
  tables = new LeaseTables(dynamo.client, 'isostream-{topic}-{group}');
});
afterAll(() => dynamo[Symbol.asyncDispose]());

describe('leases in Amazon’s own DynamoDB', () => {
  it.each(leaseStoreChecks)('$name', async ({ name, run }) => {
    const group = name.replaceAll(/[^a-z]+/g, '-');
    const table = await tables.open({ topic: 'orders', group });

    await expect(run(new DynamoLeaseStore(dynamo.client, table, '1763719688'))).resolves.toBeUndefined();
  });

  it('are in a table that one of two groups claims, is listed, and can be deleted', async () => {
    const owner = { topic: 'a.b', group: 'c' };
    const results = await Promise.allSettled([
      new LeaseTables(dynamo.client, '{topic}.{group}').open(owner),
      new LeaseTables(dynamo.client, '{topic}.{group}').open({ topic: 'a', group: 'b.c' }),
    ]);

    expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect((await tables.groupsOf('orders')).length).toBe(leaseStoreChecks.length);
    const first = { topic: 'orders', group: 'is-empty-at-first' };
    await tables.delete(first);
    expect(await tables.find(first)).toBeUndefined();
  });
});
