import {
  CreateTableCommand,
  type CreateTableCommandInput,
  PutItemCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LeaseTables } from '../src/leases/lease-tables.ts';
import { type Dynamo, dynamoClient, startDynalite } from './support/dynalite.ts';

let dynamo: Dynamo;
let tables: LeaseTables;

beforeAll(async () => {
  dynamo = await startDynalite({ createTableMs: 50 });
  tables = new LeaseTables(dynamo.client, 'isostream.{topic}.{group}');
});
afterAll(() => dynamo[Symbol.asyncDispose]());

async function createTable(name: string, key = 'leaseKey', type: 'S' | 'N' = 'S'): Promise<void> {
  const input: CreateTableCommandInput = {
    TableName: name,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [{ AttributeName: key, AttributeType: type }],
    KeySchema: [{ AttributeName: key, KeyType: 'HASH' }],
  };
  await dynamo.client.send(new CreateTableCommand(input));
  await waitUntilTableExists(
    { client: dynamo.client, maxWaitTime: 10, minDelay: 0.01, maxDelay: 0.1 },
    { TableName: name },
  );
}

/** Refuses these operations, as AWS does to whoever lacks the permission. */
function withoutPermission(...operations: readonly string[]): LeaseTables {
  const client = dynamoClient(dynamo.endpoint);
  client.middlewareStack.add(
    (next, { commandName = '' }) =>
      (request) => {
        if (!operations.includes(commandName.replace(/Command$/, ''))) return next(request);
        const error = new Error(`User: alice is not authorized to perform: ${commandName}`);
        error.name = 'AccessDeniedException';
        throw error;
      },
    { step: 'initialize' },
  );
  return new LeaseTables(client, 'isostream.{topic}.{group}');
}

describe('a lease table', () => {
  it('is created by the first who needs it, also if many come at once', async () => {
    const owner = { topic: 'orders', group: 'many' };

    const names = await Promise.all(Array.from({ length: 8 }, () => tables.open(owner)));
    expect(new Set(names)).toEqual(new Set(['isostream.orders.many']));
    expect(await tables.open(owner)).toBe('isostream.orders.many');
    expect(await tables.find(owner)).toBe('isostream.orders.many');
  });

  it('may be there beforehand, empty', async () => {
    await createTable('isostream.orders.prepared');

    expect(await withoutPermission('CreateTable', 'DescribeTable').open({ topic: 'orders', group: 'prepared' })).toBe(
      'isostream.orders.prepared',
    );
  });

  it('is never shared by two groups whose names make one', async () => {
    await tables.open({ topic: 'orders', group: 'eu.billing' });

    await expect(tables.open({ topic: 'orders.eu', group: 'billing' })).rejects.toMatchObject({
      code: 'conflict',
      retryable: false,
      message: expect.stringMatching(/holds the leases of topic "orders", group "eu.billing".*leaseTable/),
    });
    await expect(tables.find({ topic: 'orders.eu', group: 'billing' })).rejects.toMatchObject({ code: 'conflict' });
  });

  it('is claimed by one of two groups that come at once', async () => {
    const results = await Promise.allSettled([
      tables.open({ topic: 'a.b', group: 'c' }),
      tables.open({ topic: 'a', group: 'b.c' }),
    ]);

    expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  });

  it.each<[what: string, key: string, type: 'S' | 'N']>([
    ['another key', 'id', 'S'],
    ['a key of another type', 'leaseKey', 'N'],
  ])('is not one with %s', async (_, key, type) => {
    const group = `${key}-${type}`;
    await createTable(`isostream.orders.${group}`, key, type);

    await expect(tables.open({ topic: 'orders', group })).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringMatching(/in use for something else/),
    });
  });

  it('is not one of the Kinesis Client Library', async () => {
    await createTable('isostream.orders.kcl');
    const item = { leaseKey: { S: 'shardId-000000000000' }, leaseCounter: { N: '7' }, checkpoint: { S: '49590' } };
    await dynamo.client.send(new PutItemCommand({ TableName: 'isostream.orders.kcl', Item: item }));

    await expect(tables.open({ topic: 'orders', group: 'kcl' })).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringMatching(/Kinesis Client Library/),
    });
  });

  it('without permission says which one is missing', async () => {
    const owner = { topic: 'orders', group: 'forbidden' };

    await expect(withoutPermission('CreateTable').open(owner)).rejects.toMatchObject({
      code: 'unauthorized',
      message: expect.stringMatching(/does not exist.*Grant dynamodb:CreateTable/),
    });
    await expect(withoutPermission('GetItem').open(owner)).rejects.toMatchObject({
      code: 'unauthorized',
      message: expect.stringMatching(/Grant .*GetItem/),
    });
    expect(await tables.find(owner)).toBeUndefined();
  });

  it('is deleted once, and can be created again', async () => {
    const owner = { topic: 'orders', group: 'temporary' };
    await tables.open(owner);

    await Promise.all([tables.delete(owner), tables.delete(owner)]);
    await tables.delete(owner);
    expect(await tables.find(owner)).toBeUndefined();
    expect(await tables.open(owner)).toBe('isostream.orders.temporary');
  });

  it('tells the groups of a topic, and no other', async () => {
    await tables.open({ topic: 'rides', group: 'billing' });
    await tables.open({ topic: 'rides', group: 'audit' });
    await tables.open({ topic: 'rides.eu', group: 'billing' });
    await createTable('isostream.rides.stranger', 'id');

    expect((await tables.groupsOf('rides')).toSorted()).toEqual(['audit', 'billing']);
    expect(await tables.groupsOf('rides.eu')).toEqual(['billing']);
    expect(await tables.groupsOf('nothing')).toEqual([]);
  });
});
