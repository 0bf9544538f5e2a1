import { CollectedPage, StreamError } from '@isostream/core/adapter';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PartitionCursor } from '../src/consume/partition-cursor.ts';
import { FetchedRecords } from '../src/client/fetched-records.ts';
import type { FetchResult } from '../src/client/wire.ts';
import { batch, record } from './support/batches.ts';

/** A log with these offsets, each in a batch of its own; behind them batches that compaction left empty, up to `next`. */
function log(offsets: readonly number[], next: number): Buffer {
  const batches = offsets.map((offset) => batch([stored(offset)], { base: offset }));
  const last = offsets.at(-1) ?? -1;
  if (next > last + 1) batches.push(batch([stored(0)], { base: next - 1, count: 0, records: Buffer.alloc(0) }));
  return Buffer.concat(batches);
}

function stored(offset: number) {
  return record(`v${offset}`, { key: `k${offset}`, timestamp: offset });
}

function answer(
  offsets: readonly number[],
  {
    partition = 0,
    end = 100,
    logStart = 0,
    next = (offsets.at(-1) ?? -1) + 1,
  }: { partition?: number; end?: number; logStart?: number; next?: number | undefined } = {},
): FetchResult {
  return {
    topic: 't',
    partition,
    error: 0,
    end: BigInt(end),
    logStart: BigInt(logStart),
    nearest: -1,
    records: new FetchedRecords(partition, log(offsets, next), []),
  };
}

function take(cursor: PartitionCursor, room = Infinity): CollectedPage {
  const page = new CollectedPage({ events: room });
  cursor.handTo(page);
  return page;
}

function positions({ events }: CollectedPage): string[] {
  return events.map((event) => event.position);
}

describe('a cursor', () => {
  it('hands over what was fetched, in order, and asks for what follows', () => {
    const cursor = new PartitionCursor(3, 5n);
    expect([cursor.next, cursor.isHungry]).toEqual([5n, true]);
    cursor.received(answer([5, 6, 7], { partition: 3 }));
    expect([cursor.next, cursor.isHungry]).toEqual([8n, false]);

    const { events } = take(cursor);
    expect(events).toMatchObject([
      { partition: '3', position: '5', timestamp: 5, key: 'k5' },
      { position: '6' },
      { position: '7' },
    ]);
    expect(cursor.isHungry).toBe(true);
  });

  it('skips what a compressed batch holds before the asked position', () => {
    const cursor = new PartitionCursor(0, 7n);
    cursor.received(answer([5, 6, 7, 8]));
    expect(positions(take(cursor))).toEqual(['7', '8']);
  });

  it('keeps what found no room, first in line, and fetches nothing over it', () => {
    const cursor = new PartitionCursor(0, 0n);
    cursor.received(answer([0, 1, 2]));
    expect(positions(take(cursor, 0))).toEqual([]);
    expect(positions(take(cursor, 2))).toEqual(['0', '1']);
    expect(cursor.isHungry).toBe(false);
    expect(positions(take(cursor, 2))).toEqual(['2']);
    expect(cursor.isHungry).toBe(true);
  });

  it('goes on behind what holds no event: marks of transactions, aborted events, compacted ones', () => {
    const cursor = new PartitionCursor(0, 4n);
    cursor.received(answer([], { next: 9 }));
    expect([cursor.next, cursor.isHungry]).toEqual([9n, true]);
    cursor.received(answer([9, 13], { next: 15 }));
    expect(positions(take(cursor))).toEqual(['9', '13']);
    expect(cursor.next).toBe(15n);
  });

  it('stays where it is when a fetch brings nothing', () => {
    const cursor = new PartitionCursor(0, 4n);
    cursor.received(answer([], { end: 4 }));
    expect([cursor.next, cursor.isHungry, cursor.isBehind]).toEqual([4n, true, false]);
    cursor.received(answer([], { end: 5 }));
    expect([cursor.next, cursor.isBehind]).toEqual([4n, true]);
  });

  it('asks for more while what comes is empty though there is more, and as usual again after it', () => {
    const cursor = new PartitionCursor(0, 4n);
    const appetites = Array.from({ length: 10 }, () => {
      cursor.received(answer([]));
      cursor.cameEmpty();
      return cursor.appetite;
    });
    expect(appetites).toEqual([2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024]);
    cursor.received(answer([4]));
    expect(cursor.appetite).toBe(1);
  });

  it('reports what retention removed before it goes on, with the number', () => {
    const cursor = new PartitionCursor(0, 5n);
    cursor.expired(12n);
    expect(cursor.isHungry).toBe(false);
    expect(take(cursor).gaps).toEqual([{ from: '5', to: '12', missing: 7 }]);
    expect([cursor.next, cursor.isHungry]).toEqual([12n, true]);
  });

  it('reports a log that was made anew as a gap of unknown size', () => {
    const cursor = new PartitionCursor(0, 500n);
    cursor.expired(0n);
    expect(take(cursor).gaps).toEqual([{ from: '500', to: '0', missing: undefined }]);
    expect(cursor.next).toBe(0n);
  });

  it('ends a range before its end, also where the last events are none', () => {
    const cursor = new PartitionCursor(0, 3n, 6n);
    cursor.received(answer([3, 4, 5, 6, 7]));
    const page = take(cursor);
    expect([positions(page), page.isEnd]).toEqual([['3', '4', '5'], true]);

    const marked = new PartitionCursor(0, 3n, 6n);
    marked.received(answer([3], { next: 6 }));
    const last = take(marked);
    expect([positions(last), last.isEnd]).toEqual([['3'], true]);
    expect(take(new PartitionCursor(0, 3n, 3n)).isEnd).toBe(true);
  });

  it('leaves out of a range what it does not accept, and ends all the same', () => {
    const cursor = new PartitionCursor(0, 0n, 3n, 2);
    cursor.received(answer([0, 1, 2]));
    const page = take(cursor);
    expect([positions(page), page.isEnd]).toEqual([['0', '1'], true]);
  });

  it('throws what no repetition cures, at every call', () => {
    const cursor = new PartitionCursor(0, 0n);
    cursor.fail(new StreamError('unauthorized', 'no', { where: 'kafka' }));
    for (let times = 0; times < 2; times++) expect(() => take(cursor)).toThrow('kafka: no');
    expect(cursor.isHungry).toBe(false);
  });

  it('wakes whoever waits with news, and with the end of its signal', async () => {
    const cursor = new PartitionCursor(0, 0n);
    const stop = new AbortController();
    const waiting = [cursor.changed(stop.signal), cursor.changed(new AbortController().signal)];
    cursor.received(answer([0]));
    await Promise.all(waiting);

    const stopped = cursor.changed(stop.signal);
    stop.abort();
    await expect(stopped).resolves.toBeUndefined();
    await expect(cursor.changed(stop.signal)).resolves.toBeUndefined();
  });

  it('keeps little more than the event’s own bytes alive', () => {
    const values = Array.from({ length: 1_000 }, () => record('v'.repeat(1_000), { headers: [['h', 'header']] }));
    const records = new FetchedRecords(0, batch(values), []);
    const cursor = new PartitionCursor(0, 0n);
    cursor.received({ ...answer([]), records });
    for (const { value, headers } of take(cursor).events)
      for (const part of [value, headers[0]?.[1]])
        expect(part instanceof Uint8Array ? part.buffer.byteLength : Infinity).toBeLessThanOrEqual(8_192);
  });

  it('hands over every event of a log exactly once and in order, however it is cut', () => {
    const script = fc.record({
      length: fc.integer({ min: 0, max: 60 }),
      start: fc.nat(60),
      holes: fc.uniqueArray(fc.nat(60)),
      cuts: fc.array(
        fc.record({
          before: fc.nat(3),
          size: fc.integer({ min: 1, max: 8 }),
          rooms: fc.array(fc.nat(4), { maxLength: 3 }),
        }),
        { minLength: 1 },
      ),
    });
    fc.assert(
      fc.property(script, ({ length, start, holes, cuts }) => {
        const offsets = Array.from({ length }, (_, offset) => offset);
        const cursor = new PartitionCursor(0, BigInt(start), BigInt(Math.max(length, start)));
        const seen: string[] = [];
        // Each step goes on by one event at least: a cursor that stands still fails instead of hanging.
        for (let step = 0; step < 1_000; step++) {
          const { before, size, rooms } = cuts[step % cuts.length] ?? { before: 0, size: 1, rooms: [] };
          if (cursor.isHungry) {
            const from = Number(cursor.next);
            const held = offsets.slice(Math.max(0, from - before), from + size);
            cursor.received(
              answer(
                held.filter((offset) => !holes.includes(offset)),
                { end: length, next: (held.at(-1) ?? -1) + 1 },
              ),
            );
          }
          for (const places of [...rooms, size]) {
            seen.push(...positions(take(cursor, places)));
          }
          if (take(cursor, 0).isEnd) break;
        }
        expect(seen).toEqual(
          offsets
            .slice(start)
            .filter((offset) => !holes.includes(offset))
            .map(String),
        );
      }),
      { numRuns: 300 },
    );
  });
});
