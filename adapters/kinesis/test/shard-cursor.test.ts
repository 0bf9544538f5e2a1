import { StreamError } from '@isostream/core/adapter';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type CursorOptions, ShardCursor } from '../src/consume/shard-cursor.ts';
import { KinesisStream } from '../src/consume/stream.ts';
import { oldest, parsePlace } from '../src/position.ts';
import { take, textsOf } from './support/pages.ts';
import { packed, ScriptedStream } from './support/scripted-stream.ts';

const { signal } = new AbortController();
const day = 86_400_000;
let service: ScriptedStream;

beforeEach(async () => {
  service = await ScriptedStream.listen();
});
afterEach(() => service[Symbol.asyncDispose]());

function cursorFrom(position: string, options: Partial<CursorOptions> = {}, readEvents = 100): ShardCursor {
  const parts = service.parts({ readEvents });
  const stream = new KinesisStream('orders', parts);
  return new ShardCursor({ stream, shard: 'a', start: parsePlace(position), ...parts, ...options });
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

describe('reading a shard', () => {
  it('goes on behind an empty page, also if the service says that it is at the end', async () => {
    service.put('a', '1', '2');
    let empty = 0;
    service.intercept = (operation, request) =>
      operation === 'GetRecords' && empty++ < 3
        ? { Records: [], NextShardIterator: request['ShardIterator'], MillisBehindLatest: empty % 2 === 0 ? 0 : 5_000 }
        : undefined;

    expect(await read(cursorFrom('TRIM_HORIZON'), 2)).toEqual(['1', '2']);
    expect(empty).toBeGreaterThan(3);
  });

  it('ends where there is no next iterator, and only after the last page', async () => {
    service.put('a', '1', '2', '3');
    service.shard('a').isClosed = true;
    const cursor = cursorFrom('TRIM_HORIZON', {}, 2);

    await cursor.fill(signal);
    expect(textsOf(take(cursor))).toEqual(['1', '2']);
    expect(cursor.isOver).toBe(false);
    expect(await read(cursor)).toEqual(['3']);
    expect(cursor.isOver).toBe(true);
  });

  it('renews an iterator that expired behind what it had fetched', async () => {
    service.put('a', '1', '2', '3', '4');
    let reads = 0;
    service.intercept = (operation) =>
      operation === 'GetRecords' && ++reads === 2 ? { refuse: 'ExpiredIteratorException' } : undefined;

    expect(await read(cursorFrom('TRIM_HORIZON', {}, 2), 4)).toEqual(['1', '2', '3', '4']);
    expect(service.calls.filter((operation) => operation === 'GetShardIterator')).toHaveLength(2);
  });

  it.each(['ProvisionedThroughputExceededException', 'InternalFailure'])('retries until %s is over', async (refuse) => {
    service.put('a', '1');
    let reads = 0;
    service.intercept = (operation) => (operation === 'GetRecords' && ++reads === 1 ? { refuse } : undefined);

    expect(await read(cursorFrom('TRIM_HORIZON'), 1)).toEqual(['1']);
  });

  it.each([
    ['AccessDeniedException', 'unauthorized'],
    ['ResourceNotFoundException', 'unknown-topic'],
    ['ExpiredTokenException', 'unauthenticated'],
  ])('ends with %s, which needs operator action', async (refuse, code) => {
    service.put('a', '1');
    service.intercept = (operation) => (operation === 'GetRecords' ? { refuse } : undefined);

    const failure = await cursorFrom('TRIM_HORIZON')
      .fill(signal)
      .then(
        () => undefined,
        (thrown: unknown) => StreamError.from(thrown, 'test'),
      );
    expect(failure?.code).toBe(code);
  });

  it('keeps what finds no room, and fetches nothing until it is gone', async () => {
    service.put('a', '1', '2', '3');
    const cursor = cursorFrom('TRIM_HORIZON');

    await cursor.fill(signal);
    expect(textsOf(take(cursor, 2))).toEqual(['1', '2']);
    const { length } = service.calls;
    await cursor.fill(signal);
    expect(textsOf(take(cursor, 0))).toEqual([]);
    expect(textsOf(take(cursor, 2))).toEqual(['3']);
    expect(service.calls).toHaveLength(length);
  });

  it('waits for a time that the service’s clock has not reached', async () => {
    service.put('a', 'old');
    const cursor = cursorFrom(`AT_TIMESTAMP ${Date.now() + 150}`);

    await cursor.fill(signal);
    expect(textsOf(take(cursor))).toEqual([]);
    setTimeout(() => service.put('a', 'new'), 200);
    expect(await read(cursor, 1)).toEqual(['new']);
  });
});

describe('records that hold several events', () => {
  it('are unpacked, each event with a position of its own', async () => {
    service.put('a', packed('1', '2'), '3');
    const cursor = cursorFrom('TRIM_HORIZON');

    await cursor.fill(signal);
    const page = take(cursor);
    expect(textsOf(page)).toEqual(['1', '2', '3']);
    expect(page.events.map(({ position }) => position)).toEqual(['98:0', '98:1', '99']);
  });

  it.each([
    ['after 98:0', ['2', '3']],
    ['after 98:1', ['3']],
    ['98:1', ['2', '3']],
    ['98', ['1', '2', '3']],
    ['after 98', ['3']],
  ])('are gone on with in the middle: %s', async (position, expected) => {
    service.put('a', packed('1', '2'), '3');

    expect(await read(cursorFrom(position), expected.length)).toEqual(expected);
  });

  it('are what they are if their checksum is wrong', async () => {
    const broken = packed('1', '2');
    broken[broken.length - 1] = (broken.at(-1) ?? 0) ^ 1;
    service.put('a', broken);
    const cursor = cursorFrom('TRIM_HORIZON');

    await cursor.fill(signal);
    const page = take(cursor);
    expect(Buffer.from(page.events[0]?.value ?? [])).toEqual(broken);
  });
});

describe('events that retention removed', () => {
  beforeEach(() => {
    service.put('a', '1', '2', '3', '4');
  });

  it('are reported where the service refuses their position', async () => {
    service.whenTrimmed = 'refused';
    service.shard('a').trimmed = 3;
    const cursor = cursorFrom('after 98');

    await cursor.fill(signal);
    expect(take(cursor).gaps).toEqual([{ from: 'after 98', to: 'TRIM_HORIZON', missing: undefined }]);
    expect(await read(cursor, 1)).toEqual(['4']);
  });

  it('are not reported of another stream that has the name by now: the topic is gone', async () => {
    service.whenTrimmed = 'refused';
    service.shard('a').trimmed = 3;
    const parts = service.parts();
    const stream = new KinesisStream('orders', parts);
    await stream.describe();
    service.createdAt += 60;
    const cursor = new ShardCursor({ stream, shard: 'a', start: parsePlace('after 98'), ...parts });

    await expect(cursor.fill(signal)).rejects.toMatchObject({ code: 'unknown-topic', retryable: false });
  });

  it('are reported where the service goes on in silence, by the age of what was read last', async () => {
    service.shard('a').trimmed = 3;
    const cursor = cursorFrom(`after 98 ${Date.now() - day - 1_000}`);

    await cursor.fill(signal);
    expect(take(cursor).gaps).toMatchObject([{ to: 'TRIM_HORIZON' }]);
    expect(await read(cursor, 1)).toEqual(['4']);
  });

  it('are not suspected while the stream keeps events for longer', async () => {
    service.retentionHours = 48;

    expect(await read(cursorFrom(`after 98 ${Date.now() - day - 1_000}`), 3)).toEqual(['2', '3', '4']);
  });

  it('are not suspected on the way through a time in which nothing was stored', async () => {
    const { records } = service.shard('a');
    const hours = (count: number): number => Date.now() - count * 3_600_000;
    for (const [index, record] of records.entries()) records[index] = { ...record, at: hours(index === 0 ? 25 : 1) };
    let empty = 0;
    service.intercept = (operation, request) =>
      operation === 'GetRecords' && ++empty < 4
        ? { Records: [], NextShardIterator: request['ShardIterator'], MillisBehindLatest: (24 - empty * 6) * 3_600_000 }
        : undefined;

    expect(await read(cursorFrom(`after 98 ${hours(23.9)}`), 3)).toEqual(['2', '3', '4']);
  });

  it('are looked for without asking for the retention each time', async () => {
    service.retentionHours = 72;
    const { records } = service.shard('a');
    for (const [index, record] of records.entries()) records[index] = { ...record, at: Date.now() - 2 * day };

    expect(await read(cursorFrom(`after 98 ${Date.now() - 2 * day}`, {}, 1), 3)).toEqual(['2', '3', '4']);
    expect(service.calls.filter((operation) => operation === 'DescribeStreamSummary')).toHaveLength(1);
  });

  it('may be a whole shard: then it is over', async () => {
    service.shards.delete('a');
    service.put('b', 'x');
    const cursor = cursorFrom('after 98');

    await cursor.fill(signal);
    expect(take(cursor).gaps).toEqual([{ from: 'after 98', to: 'SHARD_END', missing: undefined }]);
    expect(take(cursor).isEnd).toBe(true);
  });

  it('are not taken for a stream that is gone', async () => {
    service.intercept = () => ({ refuse: 'ResourceNotFoundException' });

    await expect(cursorFrom('after 98').fill(signal)).rejects.toMatchObject({ code: 'unknown-topic' });
  });
});

describe('a range of a shard', () => {
  it('ends at its last event, which is found by its number and not by its text', async () => {
    service.put('a', '1', '2', '3', '4');

    // "100" stands before "99" in a dictionary.
    expect(await read(cursorFrom('TRIM_HORIZON', { until: parsePlace('after 100') }))).toEqual(['1', '2', '3']);
  });

  it('ends before the first event after a time at which the shard was empty', async () => {
    service.put('a', '1');
    const { records } = service.shard('a');
    const [first] = records;
    if (first !== undefined) records[0] = { ...first, at: Date.now() - 60_000 };
    service.put('a', '2');

    expect(await read(cursorFrom('TRIM_HORIZON', { until: { kind: 'time', ms: Date.now() - 10_000 } }))).toEqual(['1']);
  });

  it('ends where the shard ends for now, if its last event is gone', async () => {
    service.put('a', '1', '2', '3');
    service.shard('a').trimmed = 3;

    expect(await read(cursorFrom('TRIM_HORIZON', { until: parsePlace('after 99') }))).toEqual([]);
  });

  it('leaves out what is not before its end, though times may go back a little', async () => {
    service.put('a', '1', '2', '3');
    const { records } = service.shard('a');
    const now = Date.now();
    for (const [index, ms] of [now - 100, now, now - 50].entries()) {
      const record = records[index];
      if (record !== undefined) records[index] = { ...record, at: ms };
    }

    const cursor = cursorFrom('TRIM_HORIZON', { until: parsePlace('after 100'), before: now });
    expect(await read(cursor)).toEqual(['1', '3']);
  });
});

describe('how a silent shard is looked at', () => {
  it('says until when there was nothing', async () => {
    service.put('a', '1');
    const cursor = cursorFrom('TRIM_HORIZON');
    expect(cursor.readUntil).toBeUndefined();

    await cursor.fill(signal);
    expect(cursor.readUntil).toBeUndefined();
    take(cursor);
    expect(cursor.readUntil).toBeGreaterThan(Date.now() - 60_000);
  });

  it('is by the service’s clock, which may differ from ours by an hour', async () => {
    service.aheadMs = 3_600_000;
    service.shard('a');
    const cursor = cursorFrom('TRIM_HORIZON');

    await cursor.fill(signal);
    await cursor.fill(signal);
    await vi.waitFor(async () => {
      await cursor.fill(signal);
      expect(cursor.readUntil).toBeGreaterThan(Date.now() + 3_590_000);
    });
  });

  it('starts nowhere else for a shard that begins with nothing', () => {
    expect(cursorFrom('TRIM_HORIZON', { start: oldest }).isOver).toBe(false);
    expect(cursorFrom('SHARD_END').isOver).toBe(true);
  });
});
