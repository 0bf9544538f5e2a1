import { describe, expect, it } from 'vitest';
import { atLeast, tell } from '../src/checks/check.ts';
import {
  between,
  inFlightAtMost,
  noDeliveryBetween,
  noHandOverBetween,
  readBytesAtMost,
} from '../src/checks/limits.ts';
import { story } from '../src/history/story.ts';
import { accepts, rejects } from './support/verdicts.ts';

describe('in flight', () => {
  const check = inFlightAtMost(3);
  rejects('one read that is too large', check, () => story().read(4, 40), '4 events in flight, 3 are allowed');
  rejects('reads that add up', check, () => story().read(2, 20).read(2, 20), '4 events in flight');
  rejects(
    'reads of two partitions of one member',
    check,
    () => story().read(2, 20).read(2, 20, { partition: '1', assignment: 2 }),
    '4 events in flight',
  );
  rejects(
    'a failed attempt taken for room',
    check,
    () => story().read(3, 30).tried('a#0', 1).read(1, 10),
    '4 events in flight',
  );
  rejects(
    'a rejected event taken for room before its letter',
    check,
    () => story().read(3, 30).deliver('a#0').settle('a#0', 'reject').read(1, 10).dead('a#0'),
    '4 events in flight',
  );
  rejects(
    'a handler that outlives its assignment taken for room',
    check,
    () =>
      story()
        .read(3, 30)
        .hands('lost')
        .read(3, 30, { assignment: 2 })
        .settle('a#0', 'ok')
        .read(1, 10, { assignment: 2 }),
    '4 events in flight',
  );
  accepts('as many as there is room for', check, () =>
    story().read(3, 30).settle('a#0', 'ok').settle('a#1', 'ok').read(2, 20),
  );
  accepts('room where a letter was written', check, () => story().read(3, 30).tried('a#0', 5).dead('a#0').read(1, 10));
  accepts('room where a partition was given back', check, () =>
    story()
      .read(3, 30)
      .hands('revoke')
      .read(3, 30, { partition: '1', assignment: 2 })
      .hands('lost', { partition: '1', assignment: 2 })
      .read(3, 30, { assignment: 3 }),
  );
  accepts('as many in each member', check, () => story().read(3, 30).read(3, 30, { member: 'm2', assignment: 2 }));
});

describe('bytes in flight', () => {
  rejects(
    'reads that add up to more',
    readBytesAtMost(100),
    () => story().read(1, 60).read(1, 60),
    '120 bytes in flight, 100 are allowed',
  );
  accepts('reads that stay within', readBytesAtMost(100), () => story().read(1, 60).read(1, 40));
});

describe('between two marks', () => {
  const quiet = noDeliveryBetween('paused', 'resumed');
  const held = noHandOverBetween('paused', 'resumed');
  rejects('a delivery', quiet, () => story().mark('paused').deliver('a#0').mark('resumed'), 'a#0');
  accepts('deliveries before and after, and handlers that end', quiet, () =>
    story().deliver('a#0').mark('paused').settle('a#0', 'ok').mark('resumed').deliver('a#1'),
  );
  rejects(
    'a partition that was given away',
    held,
    () => story().mark('paused').hands('revoke').mark('resumed'),
    'revoke 0',
  );
  rejects(
    'a partition that was lost',
    held,
    () => story().mark('paused').hands('lost', { partition: '2' }).mark('resumed'),
    'lost 2',
  );
  accepts('hand-overs before and after', held, () =>
    story().hands('revoke').mark('paused').deliver('a#0').mark('resumed').hands('lost'),
  );

  it('never passes for want of a mark', () => {
    expect(() => between(story().mark('paused').entries, 'paused', 'resumed')).toThrow('no mark resumed');
    expect(() => between(story().mark('resumed').entries, 'paused', 'resumed')).toThrow('no mark paused');
    expect(() => between(story().mark('resumed').deliver('a#0').mark('paused').entries, 'paused', 'resumed')).toThrow(
      'resumed stands before paused',
    );
  });
});

describe('findings', () => {
  it('are one line with the first few by name', () => {
    expect(tell('lost', [])).toEqual([]);
    expect(tell('lost', ['a', 'b'])).toEqual(['2 lost: a, b']);
    expect(tell('lost', ['a', 'b', 'c', 'd', 'e', 'f', 'g'])).toEqual(['7 lost: a, b, c, d, e, and 2 more']);
  });

  it('say that too little happened', () => {
    expect(atLeast('deliveries', 9, 10)).toEqual(['only 9 deliveries, at least 10 were to happen']);
    expect(atLeast('deliveries', Number.NaN, 10)).toHaveLength(1);
    expect(atLeast('deliveries', 10, 10)).toEqual([]);
  });
});
