import { describe } from 'vitest';
import { contiguousCommits, monotonicCommits, noLateCommits } from '../src/checks/commits.ts';
import { story } from '../src/history/story.ts';
import { accepts, rejects } from './support/verdicts.ts';

describe('contiguous commits', () => {
  rejects(
    'a commit before the handler ended',
    contiguousCommits,
    () => story().sent('a#0').deliver('a#0').commit(0).settle('a#0', 'ok'),
    'a#0 at 0, committed 0',
  );
  rejects(
    'a commit past a failed event',
    contiguousCommits,
    () => story().sent('a#0', 'b#0').tried('a#0', 1).handled('b#0').commit(1),
    'a#0 at 0, committed 1',
  );
  rejects(
    'a commit past a rejected event without its letter',
    contiguousCommits,
    () => story().sent('a#0').deliver('a#0').settle('a#0', 'reject').commit(0).dead('a#0'),
    'a#0 at 0',
  );
  rejects(
    'a commit past an event that was never handed out',
    contiguousCommits,
    () => story().sent('a#0', 'b#0').handled('b#0').commit(1),
    'a#0 at 0',
  );
  rejects(
    'an acknowledgement that arrives after the early commit',
    contiguousCommits,
    () => story().send('a#0').deliver('a#0').commit(0).acknowledge('a#0').settle('a#0', 'ok'),
    'a#0 at 0',
  );
  rejects(
    'a second early commit after a good one',
    contiguousCommits,
    () => story().sent('a#0', 'a#1').handled('a#0').commit(0).deliver('a#1').commit(1).settle('a#1', 'ok'),
    'a#1 at 1',
  );
  rejects(
    'a commit of one group on what another group settled',
    contiguousCommits,
    () => story().sent('a#0').handled('a#0').commit(0, { group: 'other', assignment: 2 }),
    'a#0 at 0',
  );
  rejects(
    'positions compared as text',
    contiguousCommits,
    () =>
      story()
        .send('a#0')
        .acknowledge('a#0', { position: 9 })
        .send('b#0')
        .acknowledge('b#0', { position: 10 })
        .handled('b#0')
        .commit(10),
    'a#0 at 9',
  );
  rejects(
    'an early commit whose answer was lost',
    contiguousCommits,
    () => story().sent('a#0').deliver('a#0').commitFailed('timeout', { position: 0 }).settle('a#0', 'ok'),
    'a#0 at 0, tried to commit 0',
  );
  accepts('a commit of what is settled that failed, and one that nobody knows more of', contiguousCommits, () =>
    story().sent('a#0', 'a#1').handled('a#0').commitFailed('unavailable', { position: 0 }).commitFailed('timeout'),
  );
  accepts('settled events and letters, up to the highest of them or less', contiguousCommits, () =>
    story().sent('a#0', 'b#0', 'c#0').handled('b#0', 'a#0').commit(0).tried('c#0', 1).dead('c#0').commit(2),
  );
  accepts('events above the commit, open', contiguousCommits, () =>
    story().sent('a#0', 'b#0').deliver('b#0').handled('a#0').commit(0),
  );
  accepts('open events of other partitions and topics', contiguousCommits, () =>
    story()
      .sent('a#0')
      .send('b#0')
      .acknowledge('b#0', { partition: '1' })
      .send('c#0', { topic: 'u' })
      .acknowledge('c#0', { topic: 'u' })
      .handled('a#0')
      .commit(0),
  );
});

describe('monotonic commits', () => {
  rejects(
    'a position that goes back',
    monotonicCommits,
    () => story().commit(5).commit(4),
    'assignment 1 at 4 after assignment 1 at 5',
  );
  rejects(
    'an assignment that goes back',
    monotonicCommits,
    () => story().commit(5, { assignment: 2 }).commit(6, { assignment: 1 }),
    'assignment 1 at 6 after assignment 2',
  );
  rejects(
    'a next owner that commits behind the former one',
    monotonicCommits,
    () => story().commit(10).commit(9, { assignment: 2 }),
    'assignment 2 at 9',
  );
  accepts('growing positions over hand-overs, each partition and group for itself', monotonicCommits, () =>
    story()
      .commit(5)
      .commit(2, { partition: '1', assignment: 3 })
      .commit(9)
      .commit(1, { group: 'other', assignment: 4 })
      .commit(9, { assignment: 5 })
      .commit(10, { assignment: 5 }),
  );
});

describe('no late commits', () => {
  rejects(
    'a commit under the old assignment after the new owner began',
    noLateCommits,
    () => story().deliver('a#0').deliver('a#0', { member: 'm2', assignment: 2 }).commit(0),
    '0 at 0 by m1',
  );
  accepts('a last commit before the new owner began', noLateCommits, () =>
    story()
      .deliver('a#0')
      .settle('a#0', 'ok')
      .hands('assign', { member: 'm2', assignment: 2 })
      .commit(0)
      .deliver('a#1', { member: 'm2', assignment: 2 })
      .commit(1, { member: 'm2', assignment: 2 }),
  );
  accepts('assignments of other partitions and groups', noLateCommits, () =>
    story()
      .deliver('b#0', { partition: '1', assignment: 7 })
      .deliver('a#0', { group: 'other', assignment: 8 })
      .commit(0),
  );
});

describe('events that are told one by one', () => {
  rejects(
    'one before its handler ended',
    contiguousCommits,
    () => story().sent('a#0').deliver('a#0').told('a#0').settle('a#0', 'ok'),
    'a#0',
  );
  rejects('one that failed', contiguousCommits, () => story().sent('a#0').tried('a#0', 1).told('a#0'), 'a#0');
  rejects(
    'one without its letter',
    contiguousCommits,
    () => story().sent('a#0').deliver('a#0').settle('a#0', 'reject').told('a#0').dead('a#0'),
    'a#0',
  );
  rejects(
    'one that another group settled',
    contiguousCommits,
    () => story().sent('a#0').handled('a#0').told('a#0', { group: 'other' }),
    't/0/0',
  );
  rejects(
    'one before its handler ended, whose answer was lost',
    contiguousCommits,
    () => story().sent('a#0', 'b#0').handled('b#0').deliver('a#0').toldInVain(['b#0', 'a#0']).settle('a#0', 'ok'),
    '1 told before they were settled: a#0',
  );
  accepts('what is settled or has its letter, also past one that is not', contiguousCommits, () =>
    story().sent('a#0', 'b#0', 'c#0').deliver('a#0').handled('b#0').told('b#0').tried('c#0', 1).dead('c#0').told('c#0'),
  );

  rejects(
    'the second event of a key before the first',
    monotonicCommits,
    () => story().sent('a#0', 'a#1').handled('a#0', 'a#1').told('a#1').told('a#0'),
    'a#1 before t/0/0',
  );
  rejects(
    'an event before the letter of its key was told',
    monotonicCommits,
    () => story().sent('a#0', 'a#1').tried('a#0', 1).dead('a#0').handled('a#1').told('a#1'),
    'a#1 before t/0/0',
  );
  accepts('keys in any order, and a repetition in the hands of another', monotonicCommits, () =>
    story()
      .sent('a#0', 'a#1', 'b#0')
      .handled('a#0', 'b#0', 'a#1')
      .told('b#0')
      .told('a#0')
      .deliver('a#1', { member: 'm2', assignment: 2 })
      .settle('a#1', 'ok', { member: 'm2', assignment: 2 })
      .told('a#1', { member: 'm2', assignment: 2 }),
  );
  accepts('events without a key in any order', monotonicCommits, () =>
    story()
      .sent('a#0', 'a#1')
      .deliver('a#0', { key: null })
      .settle('a#0', 'ok', { key: null })
      .deliver('a#1', { key: null })
      .settle('a#1', 'ok', { key: null })
      .told('a#1')
      .told('a#0'),
  );

  rejects(
    'one by a member whose event went to another',
    noLateCommits,
    () => story().sent('a#0').handled('a#0').deliver('a#0', { member: 'm2', assignment: 2 }).told('a#0'),
    't/0/0 by m1',
  );
  accepts('one by whoever has it now', noLateCommits, () =>
    story()
      .sent('a#0', 'b#0')
      .handled('a#0', 'b#0')
      .told('a#0')
      .deliver('b#0', { member: 'm2', assignment: 2 })
      .settle('b#0', 'ok', { member: 'm2', assignment: 2 })
      .told('b#0', { member: 'm2', assignment: 2 }),
  );
});
