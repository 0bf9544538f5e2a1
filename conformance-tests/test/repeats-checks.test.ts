import { describe } from 'vitest';
import { losesEverything, pairsRepeated, repeatsAreSuffixes, repeatsAreUncommitted } from '../src/checks/repeats.ts';
import { story } from '../src/history/story.ts';
import { accepts, rejects } from './support/verdicts.ts';

const next = { member: 'm2', assignment: 2 };
const third = { member: 'm3', assignment: 3 };

describe('repeats are uncommitted', () => {
  const check = repeatsAreUncommitted();
  rejects(
    'an event that comes again after its owner committed it',
    check,
    () => story().sent('a#0').handled('a#0').commit(0).deliver('a#0', next),
    'a#0 at 0, committed 0',
  );
  rejects(
    'one whose commit became known only later',
    check,
    () => story().sent('a#0').handled('a#0').deliver('a#0', next).commit(0),
    'a#0 at 0, committed 0',
  );
  rejects(
    'one that the second owner committed and the third gets again',
    check,
    () =>
      story()
        .sent('a#0')
        .handled('a#0')
        .deliver('a#0', next)
        .settle('a#0', 'ok', next)
        .commit(0, next)
        .deliver('a#0', third),
    'a#0 at 0, committed 0',
  );
  rejects(
    'one below a commit of a higher event',
    check,
    () => story().sent('a#0', 'b#0').handled('a#0', 'b#0').commit(1).deliver('a#0', next),
    'a#0 at 0, committed 1',
  );
  rejects(
    'positions compared as text',
    check,
    () =>
      story()
        .send('a#0')
        .acknowledge('a#0', { position: 9 })
        .send('b#0')
        .acknowledge('b#0', { position: 10 })
        .handled('a#0', 'b#0')
        .commit(10)
        .deliver('a#0', next),
    'a#0 at 9, committed 10',
  );
  accepts('what was settled and not committed', check, () =>
    story().sent('a#0', 'a#1').handled('a#0').commit(0).handled('a#1').deliver('a#1', next),
  );
  accepts('retries under one assignment, also after a commit', check, () =>
    story().sent('a#0').tried('a#0', 1).deliver('a#0', { attempt: 2 }).settle('a#0', 'ok').commit(0),
  );
  accepts('what another group or partition committed', check, () =>
    story().sent('a#0').handled('a#0').commit(0, { group: 'other' }).commit(5, { partition: '1' }).deliver('a#0', next),
  );
  accepts('an event that was stored twice and lies behind the commit again', check, () =>
    story()
      .sent('a#0', 'b#0')
      .handled('a#0', 'b#0')
      .commit(1)
      .deliver('a#0', { ...next, position: 2 }),
  );
});

describe('loses everything', () => {
  const check = losesEverything('m1', 'freeze');
  const frozen = () =>
    story()
      .hands('assign')
      .hands('assign', { partition: '1', assignment: 2 })
      .add({ kind: 'fault', name: 'freeze', edge: 'start' });
  rejects(
    'a partition that was never reported lost',
    check,
    () => frozen().hands('lost'),
    'kept beyond the session: partition 1',
  );
  rejects(
    'a member that held nothing',
    check,
    () => story().hands('assign').hands('revoke').add({ kind: 'fault', name: 'freeze', edge: 'start' }),
    'held nothing',
  );
  rejects(
    'the losses of another member',
    check,
    () => frozen().hands('lost').hands('lost', { member: 'm2', partition: '1', assignment: 3 }),
    'partition 1',
  );
  rejects('a history without the fault', check, () => story().hands('assign').hands('lost'), 'no fault freeze');
  accepts('a loss of each, or the end of a hand-over', check, () =>
    frozen().hands('lost').hands('revoke', { partition: '1', assignment: 2 }),
  );
  accepts('what it gave away before, and what it got afterwards', check, () =>
    story()
      .hands('assign')
      .hands('revoke')
      .hands('assign', { assignment: 2 })
      .add({ kind: 'fault', name: 'freeze', edge: 'start' })
      .hands('lost', { assignment: 2 })
      .hands('assign', { assignment: 3 }),
  );
});

describe('repeats of events that are told one by one', () => {
  rejects(
    'an event that comes again after the service was told',
    repeatsAreUncommitted(),
    () => story().sent('a#0').handled('a#0').told('a#0').deliver('a#0', next),
    'a#0 at 0',
  );
  accepts('one that was settled and not told, and another copy of one that was', repeatsAreUncommitted(), () =>
    story()
      .sent('a#0', 'b#0')
      .handled('a#0', 'b#0')
      .told('a#0')
      .deliver('b#0', next)
      .deliver('a#0', { ...next, position: 7 }),
  );

  const frozen = repeatsAreUncommitted('m1');
  const takenOver = () => story().sent('a#0', 'b#0').handledBy(next, 'a#0', 'b#0').told('a#0', next).told('b#0', next);
  accepts('the one that a member was about to start when it was stopped', frozen, () => takenOver().deliver('a#0'));
  rejects(
    'one that a member was given after it woke',
    frozen,
    () => takenOver().deliver('a#0').deliver('b#0'),
    'told: b#0 at',
  );
  rejects('one that another member was given', frozen, () => takenOver().deliver('a#0', third), 'told: a#0 at');
});

describe('repeats are suffixes', () => {
  const check = repeatsAreSuffixes;
  const three = () => story().sent('a#0', 'a#1', 'a#2').handled('a#0', 'a#1', 'a#2');
  rejects(
    'a suffix that comes again in another order',
    check,
    () => three().handledBy(next, 'a#2', 'a#0', 'a#1'),
    'a#0 at 0 after a#2 at 2',
  );
  rejects(
    'a suffix that comes again with a hole',
    check,
    () => three().handledBy(next, 'a#0', 'a#2'),
    'a#1 at 1 before a#2 at 2',
  );
  rejects(
    'a hole where the repetition passes into what is new',
    check,
    () => story().sent('a#0', 'a#1', 'a#2').handled('a#0', 'a#1').handledBy(next, 'a#0', 'a#2'),
    'a#1 at 1 before a#2 at 2',
  );
  rejects(
    'an owner that goes back in the middle',
    check,
    () => three().handledBy(next, 'a#0', 'a#1', 'a#0', 'a#1', 'a#2'),
    'a#0 at 0 after a#1 at 1',
  );
  rejects(
    'an event that one owner is given twice, as if it were new',
    check,
    () => story().sent('a#0').handled('a#0').deliver('a#0'),
    'a#0 at 0 after a#0 at 0',
  );
  rejects(
    'a hole whose event was acknowledged only later',
    check,
    () =>
      story()
        .send('a#0')
        .send('a#1')
        .send('a#2')
        .acknowledge('a#0')
        .acknowledge('a#1', { position: 1 })
        .handled('a#0')
        .acknowledge('a#2', { position: 2 })
        .handled('a#2'),
    'a#1 at 1 before a#2 at 2',
  );
  rejects(
    'a hole where only a reader ever knew of an event',
    check,
    () =>
      story()
        .sent('a#0')
        .send('a#1')
        .failed('a#1', 'unknown')
        .send('a#2')
        .acknowledge('a#2', { position: 2 })
        .handled('a#0')
        .handledBy({ position: 1 }, 'a#1')
        .handled('a#2')
        .handledBy(next, 'a#0', 'a#2'),
    'a#1 at 1 before a#2 at 2',
  );
  rejects(
    'the first copy of a batch that was stored twice, left out by the next owner',
    check,
    () =>
      story()
        .sent('a#2', 'a#3')
        .handled('a#2')
        .handledBy({ position: 1 }, 'a#3')
        .handledBy({ position: 3 }, 'a#3')
        .handledBy(next, 'a#2')
        .handledBy({ ...next, position: 3 }, 'a#3'),
    'a#3 at 1 before a#3 at 3',
  );
  rejects(
    'places compared as text',
    check,
    () =>
      story()
        .send('a#0')
        .acknowledge('a#0', { position: 9 })
        .send('a#1')
        .acknowledge('a#1', { position: 10 })
        .handled('a#1', 'a#0'),
    'a#0 at 9 after a#1 at 10',
  );
  accepts('a suffix that comes again from anywhere, and what is new behind it', check, () =>
    story()
      .sent('a#0', 'a#1', 'a#2', 'a#3')
      .handled('a#0', 'a#1', 'a#2')
      .handledBy(next, 'a#1', 'a#2')
      .handledBy(third, 'a#2', 'a#3'),
  );
  accepts('an owner that is stopped in the middle, and one that goes further back', check, () =>
    three().handledBy(next, 'a#1').handledBy(third, 'a#0', 'a#1', 'a#2'),
  );
  accepts('attempts, and the letter after the last of them', check, () =>
    story()
      .sent('a#0', 'a#1')
      .tried('a#0', 1)
      .tried('a#0', 2)
      .dead('a#0', { attempt: 2 })
      .handled('a#1')
      .deliver('a#0', next)
      .settle('a#0', 'retry', next)
      .deliver('a#0', { ...next, attempt: 2 })
      .settle('a#0', 'ok', { ...next, attempt: 2 })
      .handledBy(next, 'a#1'),
  );
  accepts('a batch that was stored twice, whole, also when it comes again', check, () => {
    const told = story().sent('a#0').send('a#1').send('a#2');
    // Acknowledged was the second copy.
    told.acknowledge('a#1', { position: 3 }).acknowledge('a#2', { position: 4 });
    for (const owner of [{}, next]) {
      told.handledBy(owner, 'a#0');
      for (const first of [1, 3])
        told.handledBy({ ...owner, position: first }, 'a#1').handledBy({ ...owner, position: first + 1 }, 'a#2');
    }
    return told;
  });
  accepts('events that were not stored, and one that nobody could read', check, () =>
    story()
      .sent('a#0')
      .send('a#1')
      .failed('a#1', 'unknown')
      .sent('a#2', 'a#3')
      .handled('a#0')
      .dead('a#2', { attempt: 0 })
      .handled('a#3'),
  );
  accepts('keys that overtake each other, and events without a key in any order', check, () =>
    story()
      .sent('a#0', 'b#0', 'a#1', 'b#1')
      .handled('b#0', 'b#1', 'a#0', 'a#1')
      .send('c#0', { key: null })
      .acknowledge('c#0')
      .deliver('c#0', { key: null })
      .deliver('a#0', { key: null }),
  );
  accepts('a key that goes on in another partition, and one in two groups', check, () =>
    story()
      .sent('a#0', 'a#1')
      .handled('a#0', 'a#1')
      .send('a#2')
      .acknowledge('a#2', { partition: '7', position: 0 })
      .handled('a#2')
      .handledBy({ group: 'other', assignment: 9 }, 'a#0', 'a#1'),
  );

  rejects(
    'single events of a key that come again in another order',
    check,
    () => story().sent('a#0', 'a#1', 'b#0').handled('b#0', 'a#0', 'a#1').told('b#0').handledBy(next, 'a#1', 'a#0'),
    'a#0 at 0 after a#1 at 1',
  );
  accepts('single events that come again from anywhere on, without those that were told', check, () =>
    story()
      .sent('a#0', 'a#1', 'a#2', 'a#3')
      .handled('a#0', 'a#1', 'a#2')
      .told('a#0')
      .handledBy(next, 'a#1')
      .told('a#1', next)
      .handledBy(third, 'a#2', 'a#3'),
  );
  accepts('single events whose places say nothing of their order', check, () =>
    story()
      .send('a#0')
      .acknowledge('a#0', { position: 9 })
      .send('a#1')
      .acknowledge('a#1', { position: 4 })
      .handled('a#0', 'a#1')
      .told('a#0')
      .handledBy(next, 'a#1'),
  );
});

describe('pairs that come again', () => {
  const two = () => story().sent('a#0', 'a#1', 'b#0').handled('a#0', 'a#1', 'b#0');
  rejects('a single event of each key', pairsRepeated(1), () => two().handledBy(next, 'a#1', 'b#0'), 'only 0 pairs');
  rejects(
    'one that comes again before what is new',
    pairsRepeated(1),
    () => story().sent('a#0', 'a#1').handled('a#0').handledBy(next, 'a#0', 'a#1'),
    'only 0 pairs',
  );
  rejects(
    'attempts',
    pairsRepeated(1),
    () => story().sent('a#0').tried('a#0', 1).tried('a#0', 2).deliver('a#0', { attempt: 3 }),
    'only 0 pairs',
  );
  accepts('two events of a key, one after the other', pairsRepeated(1), () =>
    two().handledBy(next, 'a#0', 'b#0', 'a#1'),
  );
});
