import { describe } from 'vitest';
import { attemptsCount, deadLettersOf, deliveredTimes } from '../src/checks/retry.ts';
import { backoffBounds, fullJitter } from '../src/checks/waits.ts';
import { seeded } from '../src/run/random.ts';
import { keyAndSeq, type Story, story } from '../src/history/story.ts';
import { accepts, rejects } from './support/verdicts.ts';

describe('attempts count', () => {
  rejects(
    'a second call that says it is the first',
    attemptsCount,
    () => story().tried('a#0', 1).deliver('a#0', { attempt: 1 }),
    'a#0: attempt 1 where 2 was due',
  );
  rejects(
    'an attempt left out',
    attemptsCount,
    () => story().tried('a#0', 1).deliver('a#0', { attempt: 3 }),
    'a#0: attempt 3 where 2 was due',
  );
  rejects(
    'a first attempt with another number',
    attemptsCount,
    () => story().deliver('a#0', { attempt: 0 }),
    'attempt 0 where 1',
  );
  rejects(
    'a new assignment that does not begin anew',
    attemptsCount,
    () => story().tried('a#0', 1).tried('a#0', 2).deliver('a#0', { assignment: 2, attempt: 2 }),
    'attempt 2 where 1',
  );
  accepts('1, 2, 3 of each event, also interleaved', attemptsCount, () =>
    story().tried('a#0', 1).tried('b#0', 1).tried('a#0', 2).tried('b#0', 2).deliver('a#0', { attempt: 3 }),
  );
  accepts('1 again under a new assignment', attemptsCount, () =>
    story().tried('a#0', 1).tried('a#0', 2).deliver('a#0', { assignment: 2, attempt: 1 }),
  );
});

describe('delivered times', () => {
  const check = deliveredTimes((id) => keyAndSeq(id)[1] + 1);
  rejects('an attempt too few', check, () => story().sent('a#1').handled('a#1'), 'a#1 (1 instead of 2)');
  rejects('an attempt too many', check, () => story().sent('a#0').handled('a#0', 'a#0'), 'a#0 (2 instead of 1)');
  rejects('no delivery at all', check, () => story().sent('a#0'), 'a#0 (0 instead of 1)');
  accepts('the number that is due', check, () =>
    story().sent('a#0', 'a#1').handled('a#0').tried('a#1', 1).deliver('a#1', { attempt: 2 }),
  );
});

describe('dead letters', () => {
  const check = deadLettersOf(new Set(['a#0', 'b#0']));
  rejects('a letter that is missing', check, () => story().dead('a#0'), 'without a dead letter: b#0');
  rejects(
    'a letter of an event that did not fail',
    check,
    () => story().dead('a#0').dead('b#0').dead('c#0'),
    'dead letters of others: c#0',
  );
  rejects('a letter twice', check, () => story().dead('a#0').dead('b#0').dead('a#0'), 'dead letters twice: a#0');
  rejects(
    'any letter where none is due',
    deadLettersOf(new Set()),
    () => story().dead('a#0'),
    'dead letters of others: a#0',
  );
  accepts('one letter each', check, () => story().dead('b#0').dead('a#0'));
});

describe('backoff bounds', () => {
  const exact = backoffBounds({ initialMs: 100, maxMs: 250, jitter: 0, lateMs: 50 });
  const jittered = backoffBounds({ initialMs: 100, maxMs: 250, jitter: 0.5, lateMs: 50 });
  rejects(
    'a wait that is too short',
    exact,
    () => story().tried('a#0', 1).wait(95).deliver('a#0', { attempt: 2 }),
    'attempt 2 after 95 ms, 100 were due',
  );
  rejects(
    'a second wait as short as the first',
    exact,
    () => story().tried('a#0', 1).wait(100).tried('a#0', 2).wait(100).deliver('a#0', { attempt: 3 }),
    'attempt 3 after 100 ms, 200 were due',
  );
  rejects(
    'a wait above the cap',
    exact,
    () => story().tried('a#0', 3).wait(400).deliver('a#0', { attempt: 4 }),
    'attempt 4 only after 400 ms of 250',
  );
  rejects(
    'a wait that is far too long',
    exact,
    () => story().tried('a#0', 1).wait(200).deliver('a#0', { attempt: 2 }),
    'attempt 2 only after 200 ms of 100',
  );
  rejects(
    'a wait below the jitter',
    jittered,
    () => story().tried('a#0', 1).wait(45).deliver('a#0', { attempt: 2 }),
    'attempt 2 after 45 ms',
  );
  rejects(
    'an attempt that starts beside the one before',
    exact,
    () => story().deliver('a#0').wait(100).deliver('a#0', { attempt: 2 }),
    'attempt 2 before attempt 1 ended',
  );
  accepts('100, 200, then the cap', exact, () =>
    story()
      .tried('a#0', 1)
      .wait(100)
      .tried('a#0', 2)
      .wait(200)
      .tried('a#0', 3)
      .wait(250)
      .tried('a#0', 4)
      .wait(260)
      .deliver('a#0', { attempt: 5 }),
  );
  accepts('a wait within the jitter', jittered, () => story().tried('a#0', 1).wait(50).deliver('a#0', { attempt: 2 }));
  accepts('other events meanwhile', exact, () =>
    story()
      .tried('a#0', 1)
      .tried('b#0', 1)
      .wait(98)
      .deliver('a#0', { attempt: 2 })
      .wait(2)
      .deliver('b#0', { attempt: 2 }),
  );

  // The machine slept from 150 to 350 ms after the failure.
  const stalled = (from: number, to: number): number => Math.max(0, Math.min(to, 350) - Math.max(from, 150));
  const allowing = backoffBounds({ initialMs: 100, maxMs: 250, jitter: 0, lateMs: 50, stalledMs: stalled });
  const late = (ms: number) => () => story().tried('a#0', 1).wait(ms).deliver('a#0', { attempt: 2 });
  accepts('a wait that is too long by what the machine slept after it was over', allowing, late(345));
  rejects('a wait that is longer still', allowing, late(360), 'attempt 2 only after 360 ms of 100');
  rejects('a wait that is too short, however long the machine slept', allowing, late(95), 'attempt 2 after 95 ms');
});

describe('fullJitter', () => {
  const check = fullJitter({ initialMs: 100, maxMs: 100 });
  const waits =
    (msOf: (index: number) => number, count = 200) =>
    () =>
      Array.from({ length: count }).reduce<Story>(
        (told, _, index) => told.tried(`a#${index}`, 1).wait(msOf(index)).deliver(`a#${index}`, { attempt: 2 }),
        story(),
      );
  accepts(
    'waits that are spread evenly',
    check,
    waits((index) => index / 2),
  );
  accepts(
    'waits as a seed has them',
    check,
    (() => {
      const random = seeded(3);
      return waits(() => random() * 100);
    })(),
  );
  rejects(
    'no jitter',
    check,
    waits(() => 100),
    '0, 0, 0, 200 lie in the quarters',
  );
  rejects(
    'no waits',
    check,
    waits(() => 0),
    'waits are 0% of the range on average',
  );
  rejects(
    'jitter of the upper half alone',
    check,
    waits((index) => 50 + index / 4),
    '0, 0, 100, 100 lie',
  );
  rejects(
    'waits that are mostly short',
    check,
    waits((index) => (index % 10 === 0 ? index / 2 : 1)),
    'on average',
  );
  rejects(
    'too few waits',
    check,
    waits((index) => index, 100),
    'only 100 waits',
  );
});
