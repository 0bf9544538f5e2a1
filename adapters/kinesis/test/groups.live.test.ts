import { DeleteItemCommand, DeleteTableCommand, ListTablesCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import type { Shard } from '@aws-sdk/client-kinesis';
import { StreamError } from '@isostream/core';
import { type KinesisEmulator, startKinesis } from '@isostream/emulators';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DynamoLeaseStore } from '../src/leases/dynamo-lease-store.ts';
import { KinesisStream } from '../src/consume/stream.ts';
import { ServiceClock } from '../src/client/service-clock.ts';
import { resolveOptions } from '../src/options.ts';
import { adapterOf, GroupUnderTest } from './support/group-under-test.ts';

const { signal } = new AbortController();
let emulator: KinesisEmulator;

beforeAll(async () => {
  emulator = await startKinesis({ mode: 'native' });
});
afterAll(() => emulator.stop());

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function inOrderOfHashes(shards: readonly Shard[]): readonly Shard[] {
  const start = ({ HashKeyRange: range }: Shard): bigint => BigInt(range?.StartingHashKey ?? 0);
  return shards.toSorted((a, b) => (start(a) < start(b) ? -1 : 1));
}

/** The group's leases, as its members see them. */
async function storeOf(group: GroupUnderTest): Promise<DynamoLeaseStore> {
  const { kinesis, dynamo } = group.adapter.native;
  const parts = { kinesis, dynamo, clock: new ServiceClock(kinesis), settings: resolveOptions() };
  const { generation } = await new KinesisStream(group.topic.name, parts).describe();
  return new DynamoLeaseStore(dynamo, `isostream-${group.topic.name}-g`, generation);
}

describe('splits and merges under load', () => {
  it('keep the order of each key, and repeat nothing', async () => {
    await using group = await GroupUnderTest.create(emulator, 2);
    const members = [
      await group.join('one', { handle: () => pause(2) }),
      await group.join('two', { handle: () => pause(2) }),
    ];
    await group.until('both have a shard', () => members.every(({ consumer }) => consumer.assignments.length === 1));

    let isChanging = true;
    const load = (async () => {
      while (isChanging) await group.send(20, 5);
    })();
    const [first] = await group.openShards();
    await group.split(first);
    const [second] = await group.openShards();
    await group.split(second);
    // One of them is as young as can be.
    const [left, right] = inOrderOfHashes(await group.openShards());
    await group.merge(left, right);
    isChanging = false;
    await load;
    await group.untilAllSeen();
    await group.until(
      'what is open is shared',
      async () =>
        members.reduce((sum, { consumer }) => sum + consumer.assignments.length, 0) ===
        (await group.openShards()).length,
    );

    expect(group.inversions).toEqual([]);
    expect(group.seen).toHaveLength(group.sent);
    expect(new Set(group.seen.map(({ member }) => member)).size).toBe(2);
    expect(new Set(group.seen.map(({ partition }) => partition)).size).toBeGreaterThanOrEqual(4);
  });

  it('leave parents finished, and children at work', async () => {
    await using group = await GroupUnderTest.create(emulator, 1);
    await group.send(5, 4);
    const [parent] = await group.openShards();
    await group.split(parent);
    await group.send(5, 4);
    const member = await group.join('one');
    await group.untilAllSeen();
    await group.until('both children are read', () => member.consumer.assignments.length === 2);

    const leases = await (await storeOf(group)).list(signal);
    expect(leases.filter(({ isFinished }) => isFinished).map(({ partition }) => partition)).toEqual([parent?.ShardId]);
    expect(leases.filter(({ after }) => after.length > 0)).toHaveLength(2);
    expect(group.inversions).toEqual([]);
  });
});

describe('a group that starts at the latest event', () => {
  it('loses nothing if its first member dies before it has committed anything', async () => {
    await using group = await GroupUnderTest.create(emulator, 2);
    await group.send(10, 2);
    const before = group.sent;
    let started = 0;
    const first = await group.join('dies', {
      from: 'latest',
      handle: async ({ signal: aborted }) => {
        started++;
        await new Promise((resolve) => aborted.addEventListener('abort', resolve));
      },
    });
    await group.until('it has both shards', () => first.consumer.assignments.length === 2);
    await group.send(10, 2);
    await group.until('it has started', () => started > 0);
    await first.streams.close({ deadline: 0 });

    await group.join('comes', { from: 'latest' });
    await group.until('the rest is seen', () => group.distinct >= group.sent - before);
    expect(group.seen.filter(({ n }) => n <= 2)).toEqual([]);
  });

  it('starts once: a member that comes later finds where it started', async () => {
    await using group = await GroupUnderTest.create(emulator, 2);
    await group.send(10, 1);
    const first = await group.join('first', { from: 'latest' });
    await group.until('it has both shards', () => first.consumer.assignments.length === 2);
    await first.streams.close();
    await group.send(10, 1);
    await group.join('second', { from: 'latest' });

    await group.until('what came between is seen', () => group.distinct === 10);
    expect(group.seen.every(({ n }) => n === 2)).toBe(true);
  });

  it('does not read what was closed before, nor what its children held', async () => {
    await using group = await GroupUnderTest.create(emulator, 1);
    await group.send(10, 1);
    const [parent] = await group.openShards();
    await group.split(parent);
    await group.send(10, 1);
    const member = await group.join('one', { from: 'latest' });
    await group.until('it has the children', () => member.consumer.assignments.length === 2);
    await group.send(10, 1);

    await group.until('the new events are seen', () => group.distinct === 10);
    expect(group.seen.every(({ n }) => n === 3)).toBe(true);
  });
});

describe('leases', () => {
  it('pass on without a repetition when members come and go', async () => {
    await using group = await GroupUnderTest.create(emulator, 4);
    const handle = (): Promise<void> => pause(3);
    const first = await group.join('first', { handle });
    await group.until('it has all', () => first.consumer.assignments.length === 4);
    const load = group.send(20, 20);
    const second = await group.join('second', { handle });
    await group.until('they share', () => second.consumer.assignments.length === 2);
    await first.consumer.close();
    await load;
    await group.untilAllSeen();

    expect(group.inversions).toEqual([]);
    expect(group.seen).toHaveLength(group.sent);
  });

  it('refuse the commit of a member whose shard another one took', async () => {
    await using group = await GroupUnderTest.create(emulator, 1);
    await group.send(5, 1);
    const member = await group.join('robbed', { commitInterval: '1h' });
    await group.untilAllSeen();
    const store = await storeOf(group);
    const [lease] = await store.list(signal);
    if (lease === undefined) throw new Error('it has no lease');

    // Every write moves the counter; a renewal may come first.
    await group.until('it is robbed', async () => {
      const now = await store.read(lease.partition, signal);
      if (now === undefined) return false;
      const counter = now.counter + 1;
      return store.replace({ ...now, owner: 'thief', token: counter, counter }, now.counter, signal);
    });
    await member.consumer.close();

    const after = await store.read(lease.partition, signal);
    expect(after).toMatchObject({ owner: 'thief', position: 'TRIM_HORIZON' });
  });

  it('survive a store that falls silent for longer than they last', async () => {
    await using group = await GroupUnderTest.create(emulator, 2);
    const member = await group.join('one');
    await group.until('it has both shards', () => member.consumer.assignments.length === 2);
    emulator.dynamo?.pause();
    try {
      await group.until('it stops by itself', () => member.consumer.assignments.length === 0);
    } finally {
      emulator.dynamo?.resume();
    }
    await group.send(10, 2);
    await group.untilAllSeen();

    expect(group.inversions).toEqual([]);
    expect(member.consumer.assignments).toHaveLength(2);
  });

  it('that are deleted with their table end a member, with the cure', async () => {
    await using group = await GroupUnderTest.create(emulator, 1);
    const member = await group.join('one');
    await group.until('it has its shard', () => member.consumer.assignments.length === 1);
    await group.adapter.native.dynamo.send(new DeleteTableCommand({ TableName: `isostream-${group.topic.name}-g` }));

    const error = await member.running;
    expect(StreamError.is(error) ? error.message : error).toMatch(/lease table .* is gone\. Restore it, or start/);
  });

  it.each<[string, number]>([
    ['one item is', 1],
    ['all items are, with the one that names the owner,', Infinity],
  ])('of which %s deleted under a member are written anew where they were', async (_, count) => {
    await using group = await GroupUnderTest.create(emulator, 2);
    const member = await group.join('one', { from: 'latest' });
    await group.until('it has its shards', () => member.consumer.assignments.length === 2);
    await group.send(10, 2);
    await group.untilAllSeen();
    const store = await storeOf(group);
    const before = await store.list(signal);

    const TableName = `isostream-${group.topic.name}-g`;
    const { Items: items = [] } = await group.adapter.native.dynamo.send(new ScanCommand({ TableName }));
    const [first] = before;
    for (const { leaseKey } of items)
      if (leaseKey !== undefined && (count > 1 || leaseKey.S === first?.partition))
        await group.adapter.native.dynamo.send(new DeleteItemCommand({ TableName, Key: { leaseKey } }));
    await group.until('both are there again', async () => (await store.list(signal)).length === 2);
    await group.send(10, 2);
    await group.untilAllSeen();
    const after = new Map((await store.list(signal)).map((lease) => [lease.partition, lease]));
    for (const { partition, token, owner } of before) expect(after.get(partition)).toMatchObject({ token, owner });

    await group.join('two');
    await group.until('they share', () => member.consumer.assignments.length === 1);
    await group.send(10, 2);
    await group.untilAllSeen();
    expect(group.seen).toHaveLength(group.sent);
    expect(group.inversions).toEqual([]);
  });

  it('of a stream that was deleted are nothing to one with its name', async () => {
    await using group = await GroupUnderTest.create(emulator, 1);
    await group.send(3, 1);
    const first = await group.join('first');
    await group.untilAllSeen();
    await first.streams.close();
    await group.adapter.admin.deleteTopic(group.topic.name);
    // A generation is told by its second.
    await pause(1_100);
    await group.adapter.admin.createTopic(group.topic.name, { partitions: 1 });
    const { length } = group.seen;
    await group.send(3, 1);
    await group.join('second');

    await group.until('the new stream is read', () => group.seen.length >= length + 3);
    expect(group.seen).toHaveLength(length + 3);
  });
});

describe('what is behind', () => {
  it('has an age that grows, and none once all is committed', async () => {
    await using group = await GroupUnderTest.create(emulator, 2);
    const lag = async (): Promise<number[]> =>
      (await group.adapter.admin.lag(group.topic.name, 'g')).map(({ ms = Number.NaN }) => ms);
    expect(await lag()).toEqual([0, 0]);
    await group.send(10, 1);
    await pause(150);
    expect(Math.max(...(await lag()))).toBeGreaterThanOrEqual(150);
    const member = await group.join('one');
    await group.untilAllSeen();
    await member.consumer.close();
    expect(await lag()).toEqual([0, 0]);
    await group.send(10, 1);
    await pause(20);
    expect(Math.max(...(await lag()))).toBeGreaterThanOrEqual(20);
  });

  it('is nothing of a topic that does not exist', async () => {
    await using group = await GroupUnderTest.create(emulator, 1);
    const { admin } = adapterOf(emulator);

    await expect(admin.lag('no-such-topic', 'g')).rejects.toMatchObject({ code: 'unknown-topic' });
    await expect(admin.listGroups('no-such-topic')).rejects.toMatchObject({ code: 'unknown-topic' });
    expect(await admin.listGroups(group.topic.name)).toEqual([]);
  });
});

describe('a group that is moved', () => {
  it('reads a shard and its children again', async () => {
    await using group = await GroupUnderTest.create(emulator, 1);
    await group.send(5, 1);
    const [parent] = await group.openShards();
    await group.split(parent);
    await group.send(5, 1);
    const first = await group.join('first');
    await group.untilAllSeen();
    await group.until('both children are read', () => first.consumer.assignments.length === 2);
    await first.streams.close();
    group.seen.length = 0;

    await group.streams.admin.reset(group.topic, 'g', new Map([[parent?.ShardId ?? '', 'TRIM_HORIZON']]));
    const second = await group.join('second');
    await group.untilAllSeen();
    expect(group.inversions).toEqual([]);
    await second.streams.close();

    group.seen.length = 0;
    await group.streams.admin.reset(group.topic, 'g', 'latest');
    await group.join('third');
    await group.send(5, 1);
    await group.until('only what is new is read', () => group.seen.length >= 5);
    expect(group.seen.every(({ n }) => n === 3)).toBe(true);
  });

  it('must be moved to a place that there is', async () => {
    await using group = await GroupUnderTest.create(emulator, 1);
    const { admin } = group.streams;

    await expect(admin.reset(group.topic, 'g', new Map([['shard-9', '1']]))).rejects.toMatchObject({
      code: 'invalid-config',
      message: expect.stringMatching(/partition "shard-9": the partition does not exist/),
    });
    await expect(admin.reset(group.topic, 'g', new Map([['shardId-000000000000', '17 ']]))).rejects.toMatchObject({
      code: 'invalid-config',
    });
  });
});

describe('a group whose stream is gone', () => {
  it('is deleted with its table, and after that is unknown like its topic', async () => {
    await using group = await GroupUnderTest.create(emulator, 1);
    const { adapter, streams, topic } = group;
    const { consumer } = await group.join('one');
    await group.until('it has the shard', () => consumer.assignments.length === 1);
    await consumer.close();
    const tables = async (): Promise<readonly string[]> =>
      ((await adapter.native.dynamo.send(new ListTablesCommand({}))).TableNames ?? []).filter((name) =>
        name.includes(topic.name),
      );
    await streams.admin.delete(topic);
    expect(await tables()).toEqual([`isostream-${topic.name}-g`]);
    await streams.admin.deleteGroup(topic, 'g');
    expect(await tables()).toEqual([]);
    await expect(streams.admin.deleteGroup(topic, 'g')).rejects.toMatchObject({ code: 'unknown-topic' });
  });
});

describe('a replay', () => {
  it('reads parents before children, and ends while events keep coming', async () => {
    await using group = await GroupUnderTest.create(emulator, 1);
    await group.send(10, 5);
    const [parent] = await group.openShards();
    await group.split(parent);
    await group.send(10, 5);
    const { sent } = group;
    let isOver = false;
    const load = (async () => {
      while (!isOver) await group.send(10, 1);
    })();
    const replayed: { key: string; n: number }[] = [];
    const { events } = await group.streams
      .replay(group.topic, { from: 'earliest' })
      .run(
        ({ key, value }) => void replayed.push({ key: String(key), n: Number(Buffer.from(value ?? []).toString()) }),
      );
    isOver = true;
    await load;

    expect(events).toBeGreaterThanOrEqual(sent);
    const next = new Map<string, number>();
    for (const { key, n } of replayed) {
      expect(n).toBe((next.get(key) ?? 0) + 1);
      next.set(key, n);
    }
  });
});
