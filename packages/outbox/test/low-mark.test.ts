import { expect, it } from 'vitest';
import { LowMark } from '../src/relay/low-mark.ts';
import type { Page } from '../src/store.ts';

const page = (seqs: readonly number[], oldest: number, next: number): Page => ({
  rows: seqs.map((seq) => ({ seq: String(seq), id: '', topic: 't', key: 'k', shard: 0, event: '' })),
  oldest: BigInt(oldest),
  next: BigInt(next),
});

it('moves once every transaction that was open is over, and not before', () => {
  const mark = new LowMark();
  mark.passed(page([3, 5], 10, 12), mark.beginning);
  mark.passed(page([7], 11, 14), mark.beginning);
  expect(mark.mark).toBe('0');
  // Row 4 of transaction 11 may have come into sight with this page only.
  mark.passed(page([4, 8], 12, 15), mark.beginning);
  expect(mark.mark).toBe('5');
});

it('does not move by pages that were read before a share came', () => {
  const mark = new LowMark();
  const before = mark.beginning;
  mark.reset();
  mark.passed(page([9], 20, 20), before);
  mark.passed(page([], 20, 20), mark.beginning);
  expect(mark.mark).toBe('0');
});

it('does not pass what lies behind a full page', () => {
  const mark = new LowMark();
  mark.passed(page([3001, 4000], 10, 12), mark.beginning, true);
  // A transaction wrote 1 to 3000 and is over now: this page holds only the first of them.
  mark.passed(page([1, 1000], 13, 14), mark.beginning, true);
  expect(mark.mark).toBe('0');
  mark.passed(page([3000, 4100], 13, 15), mark.beginning, true);
  expect(mark.mark).toBe('4000');
});
