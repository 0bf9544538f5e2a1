import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Pace } from '../src/consume/pace.ts';

const page = (records: number, isAtTip = true): { isAtTip: boolean; records: { length: number } } => ({
  isAtTip,
  records: { length: records },
});

describe('the pace of reading a shard', () => {
  it('is quick after a page with events, and goes back to the poll interval once none come', () => {
    const pace = new Pace(1_000);
    expect([0, 5, 0, 0, 0, 1].map((records) => pace.after(page(records)))).toEqual([
      1_000, 250, 500, 1_000, 1_000, 250,
    ]);
  });

  it('is half of that on a shard that was silent for ten poll intervals, until an event comes', () => {
    const pace = new Pace(1_000);
    const silent = Array.from({ length: 14 }, () => pace.after(page(0)));

    expect(silent).toEqual([...Array<number>(10).fill(1_000), ...Array<number>(4).fill(2_000)]);
    expect([1, 0, 0, 0].map((records) => pace.after(page(records)))).toEqual([250, 500, 1_000, 1_000]);
  });

  it('leaves a shard to others that refuses reads, for some time', () => {
    const pace = new Pace(1_000);
    pace.refused();
    const first = pace.after(page(1));
    expect(first).toBeCloseTo(490);
    pace.refused();
    pace.refused();
    expect(pace.after(page(1))).toBeCloseTo(980);
    for (let pages = 0; pages < 100; pages++) pace.after(page(1));
    expect(pace.after(page(1))).toBe(250);
  });

  it('is never above five reads a second, nor slower than two poll intervals, or one soon after an event', () => {
    const move = fc.record({ records: fc.nat(2), isAtTip: fc.boolean(), isRefused: fc.boolean() });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5_000 }), fc.array(move), (pollIntervalMs, moves) => {
        const pace = new Pace(pollIntervalMs);
        let sinceEvent = 0;
        for (const { records, isAtTip, isRefused } of moves) {
          if (isRefused) pace.refused();
          const ms = pace.after(page(records, isAtTip));
          expect(ms).toBeGreaterThanOrEqual(Math.min(pollIntervalMs, 200));
          sinceEvent = records > 0 ? 0 : sinceEvent + 1;
          expect(ms).toBeLessThanOrEqual(sinceEvent <= 10 ? pollIntervalMs : pollIntervalMs * 2);
        }
      }),
    );
  });
});
