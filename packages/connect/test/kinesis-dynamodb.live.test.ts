import { type AttributeValue, DynamoDBClient, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { createStreams, defineTopic, type RawInput, type Streams } from '@isostream/core';
import { type KinesisEmulator, startKinesis } from '@isostream/emulators';
import { createMemory } from '@isostream/memory';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Between } from './support/between.ts';
import { plan, worker } from './support/files.ts';
import { runUntil, textsIn } from './support/run.ts';

const rides = defineTopic('rides', { raw: true, partitions: 1 });
const letters = defineTopic('letters', { raw: true, partitions: 1 });
let emulator: KinesisEmulator;
let between: Between;
let client: DynamoDBClient;
let streams: Streams;
let tables = 0;

beforeAll(async () => {
  emulator = await startKinesis({ mode: 'native' });
  between = new Between(emulator.dynamoEndpoint);
  await between.open();
  const { credentials, region, dynamoEndpoint: endpoint } = emulator;
  client = new DynamoDBClient({ region, endpoint, credentials });
});
afterAll(async () => {
  client.destroy();
  between.close();
  await emulator.stop();
});
beforeEach(async () => {
  tables += 1;
  between.decide = () => undefined;
  streams = await createStreams({ adapter: createMemory(), topics: [rides, letters] });
});
afterEach(() => streams.close());

type Event = readonly [key: string | null, value: string | null];

function send(...events: readonly Event[]): Promise<unknown> {
  const inputs = events.map(([key, value]): RawInput => ({ key, value: value === null ? null : Buffer.from(value) }));
  return streams.producer(rides).sendBatch(inputs);
}

async function run(properties: string, condition: () => Promise<void> | void): Promise<void> {
  const { accessKeyId, secretAccessKey } = emulator.credentials;
  const text = `name=items-${tables}
topics=rides
connector.class=io.confluent.connect.aws.dynamodb.DynamoDbSinkConnector
aws.dynamodb.region=${emulator.region}
aws.dynamodb.endpoint=${between.url}
aws.access.key.id=${accessKeyId}
aws.secret.access.key=${secretAccessKey}
table.name.format=kafka_\${topic}_${tables}
errors.tolerance=all
errors.deadletterqueue.topic.name=letters
${properties}`;
  await runUntil(await plan(worker, [text]), streams, condition);
}

/** A table that is not there yet has no items. */
async function items(): Promise<Record<string, AttributeValue>[]> {
  const scan = new ScanCommand({ TableName: `kafka_rides_${tables}`, ConsistentRead: true });
  const { Items = [] } = await client.send(scan).catch(() => ({ Items: [] }));
  return Items;
}

async function numbers(): Promise<number[]> {
  return (await items()).map(({ n }) => Number(n?.N)).toSorted((a, b) => a - b);
}

const byKey = 'aws.dynamodb.pk.hash=key:driver\naws.dynamodb.pk.sort=\n';
const many = (count: number): Event[] => Array.from({ length: count }, (_, n): Event => [`k${n % 9}`, `{"n":${n}}`]);
const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

describe('the DynamoDB sink', () => {
  it('makes a table with an item per record, which is the same when the record comes again', async () => {
    await send(...many(60));
    await run('', async () => expect(await numbers()).toEqual(upTo(60)));
    await send(['k1', '{"n":60,"deep":{"list":[1.5,"x",null,true]}}']);
    await run('consumer.override.group.id=again\n', async () => expect(await numbers()).toEqual(upTo(61)));
    const last = (await items()).find(({ n }) => n?.N === '60');
    expect(last?.['deep']).toEqual({ M: { list: { L: [{ N: '1.5' }, { S: 'x' }, { NULL: true }, { BOOL: true }] } } });
    expect(Object.keys(last ?? {}).toSorted()).toEqual(['deep', 'n', 'offset', 'partition']);
  });

  it('keeps the last item of each key, and changes nothing by what comes again or from a former owner', async () => {
    await send(['a', '{"n":1}'], ['b', '{"n":2}'], ['a', '{"n":3}']);
    await run(byKey, async () => expect(await numbers()).toEqual([2, 3]));
    const conditions: string[] = [];
    between.decide = (action, body) => {
      if (action === 'PutItem') conditions.push(body);
      return undefined;
    };
    await send(['c', '{"n":4}']);
    await run(`${byKey}consumer.override.group.id=again\n`, async () => expect(await numbers()).toEqual([2, 3, 4]));
    expect(conditions).toHaveLength(4);
    // An owner that is ahead of this one wrote "a" from a later position.
    const a = (await items()).find(({ driver }) => driver?.S === 'a');
    const later = { ...a, n: { N: '9' }, isostream_position: { S: '9'.repeat(64) } };
    await client.send(new PutItemCommand({ TableName: `kafka_rides_${tables}`, Item: later }));
    await send(['a', '{"n":5}'], ['d', '{"n":6}']);
    await run(byKey, async () => expect(await numbers()).toEqual([2, 4, 6, 9]));
  });

  it('tries single items again that the table throttles, one by one and of a batch', async () => {
    const tries = new Map<string, number>();
    between.decide = (action, body) => {
      if (action !== 'PutItem' && action !== 'BatchWriteItem') return undefined;
      const count = (tries.get(action) ?? 0) + 1;
      tries.set(action, count);
      const type = 'com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException';
      if (action === 'PutItem' && count % 2 === 1) return { status: 400, body: { __type: type, message: 'slow down' } };
      if (action !== 'BatchWriteItem' || count > 2) return undefined;
      const { RequestItems } = JSON.parse(body);
      return { status: 200, body: { UnprocessedItems: RequestItems } };
    };
    await send(...many(30));
    await run('', async () => expect(await numbers()).toEqual(upTo(30)));
    tables += 1;
    await run(byKey, async () => expect(await numbers()).toEqual([21, 22, 23, 24, 25, 26, 27, 28, 29]));
    expect(await textsIn(streams, 'letters')).toEqual([]);
  });

  it('loses nothing where answers are lost', async () => {
    let count = 0;
    between.decide = (action) => (action !== 'DescribeTable' && (count += 1) % 3 === 0 ? 'lose its answer' : undefined);
    await send(...many(40));
    await run(byKey, async () => expect(await numbers()).toEqual([31, 32, 33, 34, 35, 36, 37, 38, 39]));
    expect(count).toBeGreaterThan(20);
    expect(await textsIn(streams, 'letters')).toEqual([]);
  });

  it('dead-letters items that the table refuses, and stores the others of their request', async () => {
    const large = JSON.stringify({ n: 2, text: 'x'.repeat(500_000) });
    await send(
      ['a', '{"n":0}'],
      ['b', large],
      ['c', '[1]'],
      ['d', '{"n":1}'],
      ['e', null],
      ['f', `{"n":${'9'.repeat(50)}}`],
    );
    await run('', async () => {
      expect(await numbers()).toEqual([0, 1]);
      expect(await textsIn(streams, 'letters')).toHaveLength(4);
    });
    await run(`${byKey}table.name.format=others_${tables}\nconsumer.override.group.id=again\n`, async () =>
      expect(await textsIn(streams, 'letters')).toHaveLength(8),
    );
  });

  it('deletes by a tombstone where it is told to', async () => {
    await send(['a', '{"n":1}'], ['b', '{"n":2}'], ['a', null]);
    await run(`${byKey}behavior.on.null.values=delete\n`, async () => expect(await numbers()).toEqual([2]));
  });

  it('ends with what to do where the key of the table is another one', async () => {
    await send(['a', '{"n":1}']);
    await run('', async () => expect(await numbers()).toEqual([1]));
    const never = (): void => expect(true).toBe(false);
    const other = run(`${byKey}consumer.override.group.id=again\n`, never);
    await expect(other).rejects.toThrow('Set aws.dynamodb.pk.hash and aws.dynamodb.pk.sort');
  });

  it('ends where transforms put several topics into one table by their places', async () => {
    const others = defineTopic('rides2', { raw: true, partitions: 1 });
    await streams.close();
    streams = await createStreams({ adapter: createMemory(), topics: [rides, others, letters] });
    await send(['a', '{"n":1}']);
    await streams.producer(others).send({ key: 'a', value: Buffer.from('{"n":2}') });
    const router = `topics=rides,rides2
transforms=r
transforms.r.type=RegexRouter
transforms.r.regex=rides2
transforms.r.replacement=rides
`;
    const never = run(router, async () => expect(await numbers()).toEqual([1, 2]));
    await expect(never).rejects.toThrow(/rides2? and rides2? go to the table kafka_rides_\d+ by partition and offset/);
    tables += 1;
    await run(`${router}aws.dynamodb.pk.hash=value.n\n`, async () => expect(await numbers()).toEqual([1, 2]));
  });

  it('refuses to put several topics into one table by their places', async () => {
    const text = 'name=x\nconnector.class=DynamoDbSink\ntopics=a,b\ntable.name.format=one\n';
    await expect(plan(worker, [text])).rejects.toThrow(`Put \${topic} into table.name.format`);
  });
});
