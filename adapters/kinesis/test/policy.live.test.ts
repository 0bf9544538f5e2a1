import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createStreams, defineTopic } from '@isostream/core';
import type { AccessNeed } from '@isostream/core/adapter';
import { type KinesisEmulator, startKinesis } from '@isostream/emulators';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { LeaseTables } from '../src/leases/lease-tables.ts';
import { kinesisPolicy } from '../src/policy.ts';
import { createKinesis } from './support/open.ts';

let emulator: KinesisEmulator;
beforeAll(async () => {
  emulator = await startKinesis({ mode: 'native' });
});
afterAll(() => emulator.stop());

/** Each call as a right: its action, and what it is on. */
class Recorder extends NodeHttpHandler {
  readonly seen = new Set<string>();

  override handle(...[request, options]: Parameters<NodeHttpHandler['handle']>): ReturnType<NodeHttpHandler['handle']> {
    const [service = '', operation = ''] = (request.headers['x-amz-target'] ?? '').split('.');
    const body: { readonly StreamName?: string; readonly TableName?: string } = JSON.parse(
      Buffer.from(request.body ?? '{}').toString(),
    );
    // Iterators and ARNs say themselves what they are of: there is one stream.
    const name = body.StreamName ?? body.TableName ?? 'orders';
    const prefix = service.startsWith('Kinesis') ? 'kinesis' : 'dynamodb';
    this.seen.add(`${prefix}:${operation} ${anonymous.has(operation) ? '*' : name}`);
    return super.handle(request, options);
  }

  /** What was called since. */
  take(): readonly string[] {
    const calls = [...this.seen].toSorted();
    this.seen.clear();
    return calls;
  }
}

/** AWS knows no resource of these. */
const anonymous: ReadonlySet<string> = new Set(['ListStreams', 'ListTables', 'UpdateShardCount']);

/** What is asked for and done without where it is refused. */
const doneWithout: Readonly<Record<string, readonly string[]>> = { delete: ['kinesis:ListTagsForStream orders'] };
/** No call here: leases of shards that retention has removed are deleted one day; tags that come with a new stream ask for it. */
const notCalled: Readonly<Record<string, readonly string[]>> = {
  join: ['dynamodb:DeleteItem isostream-orders-billing'],
  create: ['kinesis:AddTagsToStream orders'],
};

/** The right that allows a call: for several names that begin alike there is one, with a star. */
function rightOf(call: string, allowed: readonly string[]): string {
  return allowed.find((right) => right.endsWith('-*') && call.startsWith(right.slice(0, -1))) ?? call;
}

function rights(...needs: readonly AccessNeed[]): readonly string[] {
  const { rights: all } = kinesisPolicy(needs, { options: {} });
  return [...new Set(all.map(({ action, resource }) => `${action} ${resource.replace(/^.*\//, '')}`))]
    .filter((right) => right !== 'kinesis:ListStreams *')
    .toSorted();
}

const orders = (partitions: number, retention: '24h' | '48h', maxEventBytes: '512kb' | '2mb' = '512kb') =>
  defineTopic('orders', { raw: true, partitions, retention, maxEventBytes });

it('each act calls what its policy allows, and nothing of the policy is too much', { timeout: 120_000 }, async () => {
  const recorder = new Recorder();
  const { region, endpoint, dynamoEndpoint, credentials } = emulator;
  const adapter = createKinesis({ region, endpoint, dynamoEndpoint, credentials, requestHandler: recorder });
  const topic = orders(2, '48h');
  await using streams = await createStreams({ adapter, topics: [topic], topology: 'assume' });
  expect(recorder.take()).toEqual(['kinesis:ListStreams *']);
  const on = { topic: 'orders' };
  const group = { topic: 'orders', group: 'billing' };
  const called: Record<string, readonly string[]> = {};
  const allowed: Record<string, readonly string[]> = {};
  const act = async (name: string, needs: readonly AccessNeed[], work: () => Promise<unknown>): Promise<void> => {
    await work();
    const granted = rights(...needs).filter((right) => !(notCalled[name] ?? []).includes(right));
    const calls = recorder.take().filter((call) => !(doneWithout[name] ?? []).includes(call));
    called[name] = [...new Set(calls.map((call) => rightOf(call, granted)))].toSorted();
    allowed[name] = granted;
  };
  const describeAct: AccessNeed = { act: 'describe', ...on };
  await act('create', [describeAct, { act: 'create', ...on }], async () => {
    await streams.admin.ensure(topic);
    await streams.admin.validate(topic);
  });
  await act('describe', [describeAct], () => streams.admin.validate(topic));
  await act('write', [{ act: 'write', ...on }], async () => {
    await streams.producer(topic).send({ key: 'k', value: Buffer.from('1'), headers: [] });
  });
  await act('join', [{ act: 'join', ...group }], async () => {
    const consumer = streams.consumer(topic, { group: 'billing', onFailure: 'skip' });
    await consumer.run(() => void consumer.close());
  });
  await act('replay', [{ act: 'replay', ...on }], async () => {
    // A start within the shortest retention asks for less than one before it.
    for (const from of ['earliest', new Date(Date.now() - 25 * 3_600_000), new Date(0)] as const)
      await streams.replay(topic, { from, to: new Date() }).run(() => undefined);
  });
  // Leases of another group, in a table that is named like one of this topic.
  const dynamo = new DynamoDBClient({ region, endpoint: dynamoEndpoint, credentials });
  await new LeaseTables(dynamo, 'isostream-{topic}-{group}').open({ topic: 'orders-eu', group: 'audit' });
  dynamo.destroy();
  await act('move-group', [{ act: 'move-group', ...group }], async () => {
    expect(await streams.admin.groups(topic)).toEqual(['billing']);
    await streams.admin.lag(topic, 'billing');
    await streams.admin.reset(topic, 'billing', 'earliest');
  });
  await act('delete-group', [{ act: 'delete-group', ...group }], () => streams.admin.deleteGroup(topic, 'billing'));
  await act('alter', [describeAct, { act: 'alter', ...on }], async () => {
    for (const changed of [orders(4, '24h', '2mb'), orders(5, '48h', '2mb'), orders(4, '48h', '2mb')])
      await streams.admin.ensure(changed, { consent: ['shorten-retention'] });
  });
  await act('delete', [{ act: 'delete', ...on }], () => streams.admin.delete(topic));
  expect(called).toEqual(allowed);
});
