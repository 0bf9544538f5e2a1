import { describe, expect, it } from 'vitest';
import {
  afterPredecessors,
  contiguousCommits,
  inFlightAtMost,
  seeded,
  singleFlightPerKey,
  story,
  type Story,
} from '@isostream/conformance/checks';
import { settled, SimulatedClock } from '../src/clock.ts';
import { repeatsNothing, settledOnly, toldInOrder } from '../src/settling.ts';
import { expiredCode } from '../src/service.ts';
import { drainMark, failedMark, gracefulMark, restartMark } from '../src/marks.ts';
import { byPlace, counted, hasRestarted, withoutDead, withoutDrains, withoutExpired } from '../src/views.ts';
import { accepts, rejects } from './support/verdicts.ts';

const second = { member: 'm2', assignment: 2 };

describe('a history without zombies', () => {
  const check = (told: Parameters<typeof counted>[0]) => singleFlightPerKey(counted(told));
  rejects(
    'two owners at once',
    check,
    () => story().hands('assign').sent('a#0').deliver('a#0').deliver('a#0', second),
    'a: 0 at m2 while 0 ran at m1',
  );
  accepts('a handler that outlives its assignment', check, () =>
    story()
      .hands('assign')
      .sent('a#0')
      .deliver('a#0')
      .hands('lost')
      .deliver('a#0', second)
      .settle('a#0', 'ok')
      .settle('a#0', 'ok', second),
  );
  rejects(
    'overlap under the next assignment',
    check,
    () => story().sent('a#0', 'a#1').hands('lost').deliver('a#0', second).deliver('a#1', second),
    'a: 1 at m2 while 0 ran at m2',
  );
  rejects(
    'what only a former owner settled as settled',
    (told) => afterPredecessors(counted(told)),
    () => story().sent('a#0', 'a#1').deliver('a#0').hands('lost').settle('a#0', 'ok').deliver('a#1', second),
    'a: 1 while 0 was not settled',
  );
  rejects(
    'a commit past what only a former owner settled',
    (told) => contiguousCommits(counted(told)),
    () => story().sent('a#0').deliver('a#0').hands('revoke').settle('a#0', 'ok').commit(0, second),
    'a#0 at 0, committed 0',
  );
  accepts(
    'a commit past an event that was skipped',
    (told) => contiguousCommits(counted(told, 2)),
    () => story().sent('a#0').tried('a#0', 1).tried('a#0', 2).commit(0),
  );
  rejects(
    'a commit past an event with attempts left',
    (told) => contiguousCommits(counted(told, 2)),
    () => story().sent('a#0').tried('a#0', 1).commit(0),
    'a#0 at 0',
  );
});

describe('copies of an event', () => {
  it('have names of their own, letters included', () => {
    const told = story().sent('a#0').deliver('a#0', { position: 7 }).dead('a#0').mark('dead 0/7').entries;
    expect(byPlace(told).flatMap((entry) => ('id' in entry && entry.kind !== 'send' ? [entry.id] : []))).toEqual([
      '0/0',
      '0/7',
      '0/7',
    ]);
  });
});

describe('the room of an assignment', () => {
  const check = (told: Parameters<typeof withoutDrains>[0]) => inFlightAtMost(2)(withoutDrains(told));
  rejects('more of one assignment', check, () => story().hands('assign').read(3, 1), '3 events in flight');
  rejects(
    'more of two assignments',
    check,
    () => story().hands('assign').read(2, 1).hands('assign', { assignment: 2 }).mark(drainMark(2)).read(1, 1),
    '3 events in flight',
  );
  accepts('reads after an assignment began to drain', check, () =>
    story()
      .hands('assign')
      .read(2, 1)
      .mark(drainMark(1))
      .read(2, 1)
      .hands('assign', { assignment: 2 })
      .read(2, 1, { assignment: 2 }),
  );
  accepts('reads after an assignment was lost', check, () =>
    story()
      .hands('assign')
      .read(2, 1)
      .hands('lost')
      .read(2, 1)
      .hands('assign', { assignment: 2 })
      .read(2, 1, { assignment: 2 }),
  );
});

describe('a graceful leave', () => {
  const nothing = repeatsNothing('watermark');
  const left = (before: (told: Story) => Story): Story =>
    before(story().hands('assign').sent('a#0', 'a#1').handled('a#0').commit(0).deliver('a#1')).hands('revoke');
  rejects(
    'one that leaves a handled event behind',
    nothing,
    () => left((told) => told.mark(gracefulMark(1))),
    'assignment 1 handed out 1',
  );
  accepts('one that committed everything', nothing, () =>
    left((told) => told.settle('a#1', 'ok').commit(1).mark(gracefulMark(1))),
  );
  accepts('one that ran out of time', nothing, () => left((told) => told));
  accepts('that of a member that failed', nothing, () =>
    left((told) => told.mark(gracefulMark(1)).mark(failedMark('m1'))),
  );
  rejects(
    'one that told of a later event only, where events are settled one by one',
    repeatsNothing('individual'),
    () =>
      story().hands('assign').sent('a#0', 'b#0').handled('a#0', 'b#0').commit(1).mark(gracefulMark(1)).hands('revoke'),
    'assignment 1 handed out 0',
  );
});

describe('where events are settled one by one', () => {
  const only = (told: Parameters<typeof settledOnly>[0]) => settledOnly(byPlace(told));
  const inOrder = (told: Parameters<typeof toldInOrder>[0]) => toldInOrder(byPlace(told));
  rejects(
    'an event that is told before it is settled',
    only,
    () => story().sent('a#0').deliver('a#0').commit(0),
    '0/0',
  );
  accepts('one that is told past another', only, () =>
    story().sent('a#0', 'b#0').deliver('a#0').handled('b#0').commit(1),
  );
  rejects(
    'a key that is told out of order',
    inOrder,
    () => story().sent('a#0', 'a#1').handled('a#0', 'a#1').commit(1).commit(0),
    '0/1 before 0/0',
  );
  accepts('keys that overtake each other', inOrder, () =>
    story().sent('a#0', 'b#0').handled('a#0', 'b#0').commit(1).commit(0),
  );
});

describe('what else a run is asked', () => {
  it('does not miss what has its letter', () => {
    const told = withoutDead(story().sent('a#0', 'b#0').dead('a#0').entries);
    expect(told.flatMap((entry) => (entry.kind === 'sent' ? [entry.id] : []))).toEqual(['b#0']);
  });

  it('does not miss what retention removed before it was read, and only that', () => {
    const told = story().sent('a#0', 'b#0').dead('b#0').entries;
    const expired = told.map((entry) => (entry.kind === 'dead' ? { ...entry, code: expiredCode } : entry));
    expect(withoutExpired(told)).toEqual(told);
    expect(withoutExpired(expired).flatMap((entry) => (entry.kind === 'sent' ? [entry.id] : []))).toEqual(['a#0']);
  });

  it('knows a restart after which nothing may come again', () => {
    expect(hasRestarted(story().mark(restartMark).entries)).toBe(true);
    expect(hasRestarted(story().mark(restartMark).mark(failedMark('m1')).entries)).toBe(true);
    expect(hasRestarted(story().mark(failedMark('m1')).mark(restartMark).entries)).toBe(false);
    expect(hasRestarted(story().sent('a#0').entries)).toBe(false);
  });
});

describe('simulated time', () => {
  it('fires timers in order, of one moment as the seed decides, and none that was cancelled', () => {
    const orders = Array.from({ length: 20 }, (_, seed) => {
      const clock = new SimulatedClock(seeded(seed));
      const fired: string[] = [];
      for (const [name, ms] of [
        ['c', 5],
        ['a', 1],
        ['b', 5],
        ['d', 9],
      ] as const)
        clock.timer(ms, () => fired.push(`${name}${clock.monotonic()}`));
      clock.timer(3, () => fired.push('cancelled'))();
      while (clock.fireNext()) expect(fired.length).toBeGreaterThan(0);
      return fired.join(' ');
    });
    expect(new Set(orders)).toEqual(new Set(['a1 b5 c5 d9', 'a1 c5 b5 d9']));
  });

  it('keeps order among many', () => {
    const random = seeded(7);
    const clock = new SimulatedClock(random);
    const fired: number[] = [];
    for (let count = 0; count < 500; count++)
      clock.timer(Math.floor(random() * 100), () => fired.push(clock.monotonic()));
    while (clock.fireNext()) expect(clock.monotonic()).toBeLessThan(100);
    expect(fired).toHaveLength(500);
    expect(fired).toEqual(fired.toSorted((a, b) => a - b));
  });

  it('waits for every promise callback, and those that they make', async () => {
    let hops = 0;
    void (async () => {
      for (; hops < 100; hops++) await Promise.resolve();
    })();
    await settled();
    expect(hops).toBe(100);
  });
});
