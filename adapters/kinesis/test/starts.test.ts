import type { Shard } from '@aws-sdk/client-kinesis';
import type { Lease } from '@isostream/coordination';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { endOf, startAfterParents, startOf } from '../src/consume/starts.ts';
import { KinesisStream } from '../src/consume/stream.ts';
import type { Place } from '../src/position.ts';
import type { ServiceClock } from '../src/service-clock.ts';
import { ScriptedStream } from './support/scripted-stream.ts';

const day = 86_400_000;
let service: ScriptedStream;
let stream: KinesisStream;
let clock: ServiceClock;
const open: Shard = { ShardId: 'a', HashKeyRange: undefined, SequenceNumberRange: { StartingSequenceNumber: '1' } };
const closed: Shard = {
  ...open,
  SequenceNumberRange: { StartingSequenceNumber: '1', EndingSequenceNumber: '200' },
};

beforeEach(async () => {
  service = await ScriptedStream.listen();
  const parts = service.parts({ readEvents: 10 });
  clock = parts.clock;
  stream = new KinesisStream('orders', parts);
  service.shard('a');
});
afterEach(() => service[Symbol.asyncDispose]());

/** All that is stored was stored a minute ago. */
function age(): void {
  const { records } = service.shard('a');
  for (const [index, record] of records.entries()) records[index] = { ...record, at: Date.now() - 60_000 };
}

describe('the end of a shard', () => {
  it('is behind its last event, however many there are', async () => {
    service.put('a', ...Array.from({ length: 25 }, String));

    expect(await endOf(stream, open, clock)).toMatchObject({ kind: 'after', sequence: '122' });
  });

  it('is a time in the past since which nothing came', async () => {
    service.put('a', '1');
    age();

    const place = await endOf(stream, open, clock);
    expect(place.kind).toBe('time');
    expect(place.kind === 'time' ? place.ms : 0).toBeLessThan(Date.now() - 9_000);
    expect(place.kind === 'time' ? place.ms : 0).toBeGreaterThan(Date.now() - 30_000);
  });

  it('is found past pages that are empty in the middle', async () => {
    service.put('a', '1');
    let empty = 0;
    service.intercept = (operation, request) =>
      operation === 'GetRecords' && empty++ < 2
        ? { Records: [], NextShardIterator: request['ShardIterator'], MillisBehindLatest: 5_000 }
        : undefined;

    expect(await endOf(stream, open, clock)).toMatchObject({ kind: 'after', sequence: '98' });
  });

  it('is its very end if it is closed, or closes meanwhile', async () => {
    service.put('a', '1');

    expect(await endOf(stream, closed, clock)).toEqual({ kind: 'end' });
    expect(service.calls).toEqual([]);
    service.shard('a').isClosed = true;
    expect(await endOf(stream, open, clock)).toEqual({ kind: 'end' });
  });

  it('does not depend on this machine’s clock', async () => {
    service.aheadMs = -3_600_000;
    service.put('a', '1');
    await stream.shards();

    expect(await endOf(stream, open, clock)).toMatchObject({ kind: 'after', sequence: '98' });
  });

  it('is asked for again if the service does not take the time for one', async () => {
    service.intercept = (operation) =>
      operation === 'GetShardIterator' ? { refuse: 'InvalidArgumentException' } : undefined;

    await expect(endOf(stream, open, clock)).rejects.toMatchObject({ code: 'unavailable', retryable: true });
  });
});

describe('a group starts', () => {
  it('at the oldest event', async () => {
    expect(await startOf(stream, open, 'earliest', clock)).toEqual({ kind: 'oldest' });
  });

  it('at a time', async () => {
    const time = new Date(Date.now() - 5_000);

    expect(await startOf(stream, open, time, clock)).toEqual({ kind: 'time', ms: time.getTime() });
  });

  it('at the end, if the time is still to come', async () => {
    service.put('a', '1');

    expect(await startOf(stream, open, new Date(Date.now() + 60_000), clock)).toMatchObject({ kind: 'after' });
  });

  it.each([
    [24, 'oldest'],
    [72, 'time'],
  ])('at a time of two days ago on a stream that keeps %d hours: at the %s', async (hours, kind) => {
    service.retentionHours = hours;

    expect(await startOf(stream, open, new Date(Date.now() - 2 * day), clock)).toMatchObject({ kind });
  });
});

describe('a shard that continues others', () => {
  const child: Shard = { ...open, ShardId: 'c', ParentShardId: 'a', AdjacentParentShardId: 'b' };
  const lease = (partition: string, position: string): Lease => ({
    partition,
    position,
    counter: 0,
    token: 0,
    owner: undefined,
    askedBy: undefined,
    after: [],
    isFinished: false,
  });

  it.each<[what: string, known: readonly Lease[], place: Place | undefined]>([
    ['is new to a group that knows neither', [lease('x', 'after 7')], undefined],
    ['is read from its beginning after one that is read', [lease('a', 'after 7')], { kind: 'oldest' }],
    ['is read from its beginning after one that is still to be read', [lease('b', 'TRIM_HORIZON')], { kind: 'oldest' }],
    ['is new to a group that came after they had ended', [lease('a', 'SHARD_END'), lease('b', 'SHARD_END')], undefined],
    [
      'is read from its beginning if the group has read one of them',
      [lease('a', 'SHARD_END'), lease('b', 'after 7')],
      { kind: 'oldest' },
    ],
    // A member that came at the same time may find the parents' leases and not yet the child's.
    [
      'is read from the time that the group started at',
      [lease('a', 'AT_TIMESTAMP 2000'), lease('b', 'AT_TIMESTAMP 1000')],
      { kind: 'time', ms: 1_000 },
    ],
    [
      'is read from its beginning if one of them was past that time',
      [lease('a', 'AT_TIMESTAMP 2000'), lease('b', 'after 7')],
      { kind: 'oldest' },
    ],
  ])('%s', (_, known, place) => {
    expect(startAfterParents(child, known)).toEqual(place);
  });
});
