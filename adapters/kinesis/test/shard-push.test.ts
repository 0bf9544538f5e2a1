import type { _Record } from '@aws-sdk/client-kinesis';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { consumerNameOf, RegisteredConsumer } from '../src/consume/registered-consumer.ts';
import { ShardCursor } from '../src/consume/shard-cursor.ts';
import { type PushOptions, ShardPush } from '../src/consume/shard-push.ts';
import { KinesisStream } from '../src/consume/stream.ts';
import { parsePlace } from '../src/position.ts';
import { take, textsOf } from './support/pages.ts';
import { ScriptedPushes } from './support/pushes.ts';
import { ScriptedStream } from './support/scripted-stream.ts';

const { signal } = new AbortController();
const streamArn = () => Promise.resolve('arn');
let service: ScriptedStream;

beforeEach(async () => {
  service = await ScriptedStream.listen();
  service.intercept = (operation) =>
    operation === 'DescribeStreamConsumer'
      ? { ConsumerDescription: { ConsumerStatus: 'ACTIVE', ConsumerARN: 'arn:of-g' } }
      : undefined;
});
afterEach(async () => {
  vi.useRealTimers();
  await service[Symbol.asyncDispose]();
});

function cursorFrom(position: string, pushes: ScriptedPushes, options: Partial<PushOptions> = {}): ShardCursor {
  const parts = service.parts();
  const stream = new KinesisStream('orders', parts);
  const consumer = new RegisteredConsumer(service.client, 'orders', 'g');
  const push = new ShardPush({
    kinesis: pushes.client,
    consumer: { arn: () => consumer.arn(streamArn, signal), forget: () => consumer.forget() },
    stream,
    shard: 'a',
    isClosed: () => service.shard('a').isClosed === true,
    ...options,
  });
  return new ShardCursor({ stream, shard: 'a', start: parsePlace(position), push, ...parts });
}

/** Everything up to the end, or up to a number of events. */
async function read(cursor: ShardCursor, events = Infinity): Promise<string[]> {
  const found: string[] = [];
  while (found.length < events) {
    await cursor.fill(signal);
    const page = take(cursor);
    found.push(...textsOf(page));
    if (page.isEnd) return found;
  }
  return found;
}

/** The records of shard "a", from one index to another, as they are pushed. */
function pushed(from: number, to: number): { readonly Records: _Record[] } {
  const records = service.shard('a').records.slice(from, to);
  return {
    Records: records.map(({ sequence, key, data, at }) => ({
      SequenceNumber: sequence,
      PartitionKey: key,
      Data: data,
      ApproximateArrivalTimestamp: new Date(at),
    })),
  };
}

describe('a shard that is pushed', () => {
  it('is subscribed to at its place, and asked for nothing', async () => {
    service.put('a', '1', '2', '3');
    const pushes = new ScriptedPushes([pushed(1, 2), {}, pushed(2, 3)]);

    expect(await read(cursorFrom('98', pushes), 2)).toEqual(['2', '3']);
    expect(pushes.places).toEqual([{ Type: 'AT_SEQUENCE_NUMBER', SequenceNumber: '98' }]);
    expect(service.calls).not.toContain('GetRecords');
  });

  it('is subscribed to again before the service ends it, behind what came', async () => {
    service.put('a', '1', '2', '3');
    const pushes = new ScriptedPushes([pushed(0, 1), pushed(1, 2)], [pushed(1, 2)], [pushed(2, 3)]);

    expect(await read(cursorFrom('TRIM_HORIZON', pushes, { renewMs: -1 }), 3)).toEqual(['1', '2', '3']);
    expect(pushes.places.map((place) => place?.SequenceNumber)).toEqual([undefined, '98', '99']);
  });

  it.each([
    ['refused', 'refused'],
    ['ended by the service at once', []],
  ] as const)('is polled while a subscription is %s', async (_, script) => {
    service.put('a', '1', '2', '3');
    const pushes = new ScriptedPushes([pushed(0, 1)], script);

    expect(await read(cursorFrom('TRIM_HORIZON', pushes), 3)).toEqual(['1', '2', '3']);
    expect(service.calls).toContain('GetRecords');
    // One attempt within the five seconds in which the service takes no other.
    expect(pushes.places).toHaveLength(1);
  });

  it.each([
    ['is cut in the middle of an event', 'cut'],
    ['has no place to go on from, and does not say that the shard ended', { ContinuationSequenceNumber: undefined }],
  ] as const)('is polled where a subscription %s', async (_, wrong) => {
    service.put('a', '1', '2', '3');
    const cursor = cursorFrom('TRIM_HORIZON', new ScriptedPushes([pushed(0, 1), wrong]));

    expect(await read(cursor, 3)).toEqual(['1', '2', '3']);
    expect(service.calls).toContain('GetRecords');
    expect(cursor.isOver).toBe(false);
  });

  it('is polled while its consumer is being registered', async () => {
    service.put('a', '1');
    service.intercept = (operation) =>
      operation === 'DescribeStreamConsumer' ? { ConsumerDescription: { ConsumerStatus: 'CREATING' } } : undefined;
    const pushes = new ScriptedPushes();

    expect(await read(cursorFrom('TRIM_HORIZON', pushes), 1)).toEqual(['1']);
    expect(pushes.places).toEqual([]);
  });

  it('is asked for its place no more often than a shard that is polled', async () => {
    service.intercept = (operation) =>
      operation === 'GetShardIterator' ? { refuse: 'ProvisionedThroughputExceededException' } : undefined;
    const cursor = cursorFrom('TRIM_HORIZON', new ScriptedPushes());
    const until = performance.now() + 1_500;
    while (performance.now() < until) await cursor.fill(signal);

    const asked = service.calls.filter((call) => call === 'GetShardIterator').length;
    expect(asked).toBeGreaterThanOrEqual(2);
    expect(asked).toBeLessThan(20);
  });

  it('has a gap where retention passed what it was behind by, while nobody took what was pushed', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    service.put('a', '1', '2', '3');
    const hour = 3_600_000;
    const cursor = cursorFrom('98', new ScriptedPushes([{ MillisBehindLatest: 20 * hour }]));
    await cursor.fill(signal);
    vi.setSystemTime(Date.now() + 5 * hour);
    service.shard('a').trimmed = 2;
    const gaps: unknown[] = [];
    const found: string[] = [];
    while (found.length === 0) {
      await cursor.fill(signal);
      const page = take(cursor);
      gaps.push(...page.gaps);
      found.push(...textsOf(page));
    }

    expect(gaps).toMatchObject([{ to: 'TRIM_HORIZON' }]);
    expect(found).toEqual(['3']);
  });

  it('does not mind that another shard, which asked for the consumer first, is let go of', async () => {
    service.put('a', '1');
    let isActive = false;
    service.intercept = (operation) => {
      if (operation !== 'DescribeStreamConsumer') return undefined;
      return { ConsumerDescription: { ConsumerStatus: isActive ? 'ACTIVE' : 'CREATING', ConsumerARN: 'arn:of-g' } };
    };
    const registered = new RegisteredConsumer(service.client, 'orders', 'g');
    const consumer: PushOptions['consumer'] = {
      arn: () => registered.arn(streamArn, signal),
      forget: () => registered.forget(),
    };
    const leaving = new AbortController();
    const filling = cursorFrom('TRIM_HORIZON', new ScriptedPushes(), { consumer }).fill(leaving.signal);
    await vi.waitUntil(() => service.calls.includes('DescribeStreamConsumer'));
    const other = cursorFrom('TRIM_HORIZON', new ScriptedPushes([pushed(0, 1)]), { consumer });
    const reading = read(other, 1);
    leaving.abort();
    await filling;
    isActive = true;

    expect(await reading).toEqual(['1']);
  });

  it('ends where no number to go on from is told, with the shards that follow', async () => {
    service.put('a', '1');
    const children = [{ ShardId: 'b', ParentShards: ['a'], HashKeyRange: undefined }];
    const end = { ...pushed(0, 1), ContinuationSequenceNumber: undefined, ChildShards: children };
    const cursor = cursorFrom('TRIM_HORIZON', new ScriptedPushes([end]));

    expect(await read(cursor)).toEqual(['1']);
    expect(cursor.children).toEqual(children);
  });

  it('is read to its end by polling once it is closed, where a service pushes nothing more', async () => {
    service.put('a', '1');
    const cursor = cursorFrom('TRIM_HORIZON', new ScriptedPushes('lasts'));
    await cursor.fill(signal);
    service.put('a', '2');
    service.shard('a').isClosed = true;

    expect(await read(cursor)).toEqual(['1', '2']);
  });

  it('has a gap where retention has passed the place', async () => {
    service.put('a', '1', '2', '3');
    service.whenTrimmed = 'refused';
    service.shard('a').trimmed = 2;
    const pushes = new ScriptedPushes([pushed(2, 3)]);
    const cursor = cursorFrom('98', pushes);
    await cursor.fill(signal);
    const [gap] = take(cursor).gaps;

    expect(gap).toMatchObject({ to: 'TRIM_HORIZON' });
    expect(await read(cursor, 1)).toEqual(['3']);
    expect(pushes.places).toEqual([{ Type: 'TRIM_HORIZON' }]);
  });
});

describe('the registered consumer of a group', () => {
  it('is registered once, and used when it is active', async () => {
    const states = [undefined, 'CREATING', 'ACTIVE'];
    service.intercept = (operation) => {
      if (operation === 'RegisterStreamConsumer') return { Consumer: {} };
      const status = states.shift();
      return status === undefined
        ? { refuse: 'ResourceNotFoundException' }
        : { ConsumerDescription: { ConsumerStatus: status, ConsumerARN: 'arn:of-g' } };
    };
    const consumer = new RegisteredConsumer(service.client, 'orders', 'g');

    expect(await Promise.all([consumer.arn(streamArn, signal), consumer.arn(streamArn, signal)])).toEqual([
      'arn:of-g',
      'arn:of-g',
    ]);
    expect(service.calls.filter((call) => call === 'RegisterStreamConsumer')).toHaveLength(1);
  });

  it('says what was refused, and looks again with the next call', async () => {
    service.intercept = () => ({ refuse: 'LimitExceededException' });
    const consumer = new RegisteredConsumer(service.client, 'orders', 'g');
    await expect(consumer.arn(streamArn, signal)).rejects.toMatchObject({
      code: 'throttled',
      message: expect.stringContaining('consumer "isostream-g" of stream "orders"'),
    });
    service.intercept = () => ({ ConsumerDescription: { ConsumerStatus: 'ACTIVE', ConsumerARN: 'arn:of-g' } });

    expect(await consumer.arn(streamArn, signal)).toBe('arn:of-g');
  });

  it('has a name that Kinesis takes, whatever the group is called', () => {
    const names = ['g', 'orders:billing', 'orders.billing', 'größe 注文', 'x'.repeat(200), `${'x'.repeat(199)}y`];
    const given = names.map(consumerNameOf);

    expect(new Set(given).size).toBe(names.length);
    for (const name of given) expect(name).toMatch(/^isostream-[\w.-]{1,118}$/);
  });
});
