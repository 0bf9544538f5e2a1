import { describe } from 'vitest';
import { afterPredecessors, type Check, singleFlightPerKey, story, type Story } from '@isostream/conformance/checks';
import { bytesInFlightAtMost, largestGoesFirst } from '../src/bytes.ts';
import { gapsPublished } from '../src/gaps.ts';
import { nothingAfterTheAssignmentEnded } from '../src/hand-outs.ts';
import { nothingWaitsForNobody } from '../src/idle.ts';
import { asksMark, drainMark, gapMark, handedMark, noRoomMark, pausedMark, published } from '../src/marks.ts';
import { spanAtMost } from '../src/span.ts';
import { byPartition, byPlace } from '../src/views.ts';
import { accepts, rejects } from './support/verdicts.ts';

/** Three events of as many keys lie at places 0 to 2, and are handed over. */
const handed = (...positions: readonly number[]): Story =>
  story()
    .hands('assign')
    .sent('a#0', 'b#0', 'c#0')
    .mark(
      handedMark(
        1,
        positions.map((position) => `0/${position}`),
      ),
    );

describe('the span', () => {
  const check: Check = (entries) => spanAtMost(2)(byPlace(entries));
  const asks = asksMark(1);
  rejects(
    'a read with two events settled ahead',
    check,
    () => handed(0, 1, 2).handled('b#0', 'c#0').mark(asks),
    '2 of assignment 1',
  );
  accepts('a read with one', check, () => handed(0, 1).handled('b#0').mark(asks));
  accepts('a read after the first was settled', check, () => handed(0, 1, 2).handled('b#0', 'c#0', 'a#0').mark(asks));
  accepts('a read after the first has its letter', check, () =>
    handed(0, 1, 2).handled('b#0', 'c#0').dead('a#0').mark('dead 0/0').mark(asks),
  );
});

describe('bytes', () => {
  const bytesAt = (place: string): number => (place === '0/2' ? 500 : 60);
  const check: Check = (entries) => bytesInFlightAtMost(100, bytesAt)(byPlace(entries));
  rejects('two events that are too much together', check, () => handed(0, 1), '120 in 2 events at m1');
  rejects('a large one beside another', check, () => handed(0).mark(handedMark(1, ['0/2'])), '560 in 2 events');
  accepts('a large one alone', check, () =>
    handed(0)
      .handled('a#0')
      .mark(handedMark(1, ['0/2'])),
  );
  accepts('room of an assignment that ended', check, () =>
    handed(0)
      .hands('lost')
      .hands('assign', { assignment: 2 })
      .mark(handedMark(2, ['0/0'])),
  );

  const first = largestGoesFirst(100, bytesAt);
  const waits = (): Story => handed(0).hands('assign', { partition: '1', assignment: 2 }).mark(noRoomMark(1, '0/2'));
  rejects(
    'others that go before a large one',
    first,
    () => waits().mark(handedMark(2, ['1/0'])),
    '1/0 before 0/2 at m1',
  );
  accepts('others after it', first, () =>
    waits()
      .mark(handedMark(1, ['0/2']))
      .mark(handedMark(2, ['1/0'])),
  );
  accepts('others after its assignment began to end', first, () =>
    waits()
      .mark(drainMark(1))
      .mark(handedMark(2, ['1/0'])),
  );
  accepts('others before a small one', first, () =>
    handed(0)
      .hands('assign', { partition: '1', assignment: 2 })
      .mark(noRoomMark(1, '0/1'))
      .mark(handedMark(2, ['1/0'])),
  );
});

describe('handlers that are free', () => {
  const policy = { concurrency: 1, attempts: 3, initialMs: 10, maxMs: 15, skips: false };
  const keys = new Map([
    ['0/0', 'a'],
    ['0/1', 'b'],
  ]);
  const check: Check = (entries) =>
    nothingWaitsForNobody({ ...policy, slotOf: (place) => keys.get(place) })(byPlace(entries));
  const later = (told: Story): Story => told.wait(100).mark('later');
  rejects('an event that nobody handles', check, () => later(handed(0)), '0/0 at m1');
  rejects(
    'one that waits while another waits for its attempt',
    check,
    () => later(handed(0, 1).tried('a#0', 1)),
    '0/1 at m1',
  );
  rejects(
    'a backoff that lasts too long',
    check,
    () => handed(0).tried('a#0', 1).wait(15).deliver('a#0', { attempt: 2 }),
    '0/0 at m1',
  );
  rejects(
    'one above the cap',
    check,
    () => handed(0).tried('a#0', 1).wait(10).tried('a#0', 2).wait(20).deliver('a#0', { attempt: 3 }),
    '0/0 at m1',
  );
  accepts('a backoff in time', check, () =>
    handed(0).tried('a#0', 1).wait(10).tried('a#0', 2).wait(15).deliver('a#0', { attempt: 3 }),
  );
  accepts('one that waits for a handler', check, () => later(handed(0, 1).deliver('a#0')));
  accepts('one at a member that is paused', check, () => later(handed(0).mark(pausedMark('m1'))));
  accepts('one of an assignment that ends', check, () => later(handed(0).mark(drainMark(1))));
  accepts('one whose predecessor waits for its letter', check, () => {
    keys.set('0/1', 'a');
    return later(handed(0, 1).deliver('a#0').settle('a#0', 'reject'));
  });
});

describe('gaps', () => {
  const gap = { partition: '0', from: '2', to: '5' };
  const told = (): Story =>
    story()
      .hands('assign')
      .mark(gapMark(1, 'm1', gap));
  rejects('one that nobody is told of', gapsPublished(new Set()), told, 'm1 0/2-5');
  rejects('one that is told wrongly', gapsPublished(new Set([published('m1', { ...gap, to: '4' })])), told, 'm1 0/2-5');
  accepts('one that is told', gapsPublished(new Set([published('m1', gap)])), told);
  accepts('one of an assignment that had ended', gapsPublished(new Set()), () =>
    story()
      .hands('assign')
      .hands('lost')
      .mark(gapMark(1, 'm1', gap)),
  );
});

describe('a member that can tell that its assignment is over', () => {
  rejects(
    'a hand-out after that',
    nothingAfterTheAssignmentEnded,
    () => story().hands('lost').deliver('a#0'),
    'a#0 at m1 under assignment 1',
  );
  accepts('one under the next assignment', nothingAfterTheAssignmentEnded, () =>
    story().deliver('a#0').hands('lost').deliver('a#0', { assignment: 2 }),
  );
});

describe('partitions in order', () => {
  const contents = ['0/0', '0/1', '0/2'];
  const inOrder: Check = (entries) => afterPredecessors(byPartition(entries, contents));
  rejects(
    'another key before the first is settled',
    inOrder,
    () => handed(0, 1).deliver('a#0').deliver('b#0'),
    '0: 1 while 0',
  );
  rejects(
    'two keys at once',
    (entries) => singleFlightPerKey(byPartition(entries, contents)),
    () => handed(0, 1).deliver('a#0').deliver('b#0'),
    '0: 1 at m1 while 0 ran',
  );
  accepts('one after the other, with a letter between', inOrder, () =>
    handed(0, 1, 2).handled('a#0').tried('b#0', 1).dead('b#0').mark('dead 0/1').handled('c#0'),
  );
});
