import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Shard } from '@aws-sdk/client-kinesis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { endless } from '../src/consume/patience.ts';
import { beginningOf, endOf, type Look, placeAfter, startOf } from '../src/consume/starts.ts';
import { KinesisStream } from '../src/consume/stream.ts';
import type { Place } from '../src/position.ts';
import { ScriptedStream } from './support/scripted-stream.ts';

const day = 86_400_000;
let service: ScriptedStream;
let stream: KinesisStream;
let look: Look;
const open: Shard = { ShardId: 'a', HashKeyRange: undefined, SequenceNumberRange: { StartingSequenceNumber: '1' } };
const closed: Shard = {
  ...open,
  SequenceNumberRange: { StartingSequenceNumber: '1', EndingSequenceNumber: '200' },
};

beforeEach(async () => {
  service = await ScriptedStream.listen();
  const parts = service.parts({ readEvents: 10 });
  stream = new KinesisStream('orders', parts);
  look = { stream, shards: [open, closed], clock: parts.clock, patience: endless(new AbortController().signal) };
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

    expect(await endOf(look, open)).toMatchObject({ kind: 'after', sequence: '122' });
  });

  it('is a time in the past since which nothing came', async () => {
    service.put('a', '1');
    age();

    const place = await endOf(look, open);
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

    expect(await endOf(look, open)).toMatchObject({ kind: 'after', sequence: '98' });
  });

  it('is where it closed, if it closes meanwhile', async () => {
    service.put('a', '1');
    service.shard('a').isClosed = true;

    expect(await endOf(look, open)).toMatchObject({ kind: 'after', sequence: '98' });
  });

  it('keeps what was read when a page is refused, waits, and says for what', async () => {
    service.put('a', ...Array.from({ length: 25 }, String));
    const asked: unknown[] = [];
    service.intercept = (operation, request) => {
      if (operation !== 'GetRecords') return undefined;
      asked.push(request['ShardIterator']);
      return asked.length === 2 ? { refuse: 'ProvisionedThroughputExceededException' } : undefined;
    };

    const warned: unknown[] = [];
    const listen = (warning: unknown): void => void warned.push(warning);
    subscribe('isostream:adapter:warning', listen);
    expect(await endOf(look, open)).toMatchObject({ kind: 'after', sequence: '122' });
    unsubscribe('isostream:adapter:warning', listen);
    expect(asked).toEqual(['a|0', 'a|10', 'a|10', 'a|20']);
    expect(warned).toMatchObject([
      {
        message: 'looking for the end of a of stream "orders": the service allows no more requests for now; retrying',
        error: { code: 'throttled' },
      },
    ]);
  });

  it('is found on a shard that is written to faster than it can be read', async () => {
    service.put('a', ...Array.from({ length: 10 }, String));
    service.intercept = (operation) => {
      if (operation === 'GetRecords') {
        service.put('a', ...Array.from({ length: 20 }, String));
        const { records } = service.shard('a');
        const later = Date.now() + (records.length > 40 ? 3_000 : 0);
        for (const record of records.splice(-20)) records.push({ ...record, at: later });
      }
      return undefined;
    };

    expect(await endOf(look, open)).toMatchObject({ kind: 'after' });
  });

  it('does not depend on this machine’s clock', async () => {
    service.aheadMs = -3_600_000;
    service.put('a', '1');
    await stream.shards();

    expect(await endOf(look, open)).toMatchObject({ kind: 'after', sequence: '98' });
  });

  it('is asked for again if the service does not take the time for one', async () => {
    let refused = 0;
    service.put('a', '1');
    service.intercept = (operation) =>
      operation === 'GetShardIterator' && refused++ === 0 ? { refuse: 'InvalidArgumentException' } : undefined;

    expect(await endOf(look, open)).toMatchObject({ kind: 'after', sequence: '98' });
  });

  it('is not looked for on a stream that is gone', async () => {
    service.intercept = () => ({ refuse: 'ResourceNotFoundException' });

    await expect(endOf(look, open)).rejects.toMatchObject({ code: 'unknown-topic' });
  });
});

describe('a group starts', () => {
  it('at the oldest event', async () => {
    expect(await startOf(look, open, 'earliest')).toEqual({ kind: 'oldest' });
  });

  it('at a time', async () => {
    const time = new Date(Date.now() - 5_000);

    expect(await startOf(look, open, time)).toEqual({ kind: 'time', ms: time.getTime() });
  });

  it('at the end, if the time is still to come', async () => {
    service.put('a', '1');

    expect(await startOf(look, open, new Date(Date.now() + 60_000))).toMatchObject({ kind: 'after' });
  });

  it.each([
    [24, 'oldest'],
    [72, 'time'],
  ])('at a time of two days ago on a stream that keeps %d hours: at the %s', async (hours, kind) => {
    service.retentionHours = hours;

    expect(await startOf(look, open, new Date(Date.now() - 2 * day))).toMatchObject({ kind });
  });
});

describe('a group that starts at the end', () => {
  const child: Shard = { ...open, ShardId: 'c', ParentShardId: 'a' };

  it('reads nothing of a shard that has ended, if what continues it is listed', async () => {
    expect(await beginningOf({ ...look, shards: [closed, child] }, closed, 'latest', { kind: 'with-group' })).toEqual({
      position: 'SHARD_END',
      isFinished: true,
    });
    expect(service.calls).toEqual([]);
  });

  it('reads on behind a shard that has ended, if what continues it is not listed yet', async () => {
    service.put('a', '1');
    service.shard('a').isClosed = true;

    expect(await beginningOf(look, closed, 'latest', { kind: 'with-group' })).toMatchObject({
      position: expect.stringMatching(/^after 98/),
      isFinished: false,
    });
  });

  it('reads all of a shard that appeared later', async () => {
    expect(await beginningOf(look, open, 'latest', { kind: 'later' })).toEqual({ position: 'TRIM_HORIZON' });
  });
});

describe('a shard that continues others', () => {
  it.each<[what: string, positions: readonly string[], place: Place]>([
    ['is read from its beginning after one that is read', ['after 7'], { kind: 'oldest' }],
    ['is read from its beginning after one that is still to be read', ['TRIM_HORIZON'], { kind: 'oldest' }],
    // A member that came at the same time may find the parents' leases and not yet the child's.
    [
      'is read from the time that the group started at',
      ['AT_TIMESTAMP 2000', 'AT_TIMESTAMP 1000'],
      { kind: 'time', ms: 1_000 },
    ],
    [
      'is read from its beginning if one of them was past that time',
      ['AT_TIMESTAMP 2000', 'after 7'],
      { kind: 'oldest' },
    ],
  ])('%s', (_, positions, place) => {
    expect(placeAfter(positions)).toEqual(place);
  });
});
