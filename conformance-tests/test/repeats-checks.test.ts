import { describe } from 'vitest';
import { losesEverything, repeatsAreUncommitted } from '../src/checks/repeats.ts';
import { story } from './support/story.ts';
import { accepts, rejects } from './support/verdicts.ts';

const next = { member: 'm2', lease: 2 };
const third = { member: 'm3', lease: 3 };

describe('repeats are uncommitted', () => {
  const check = repeatsAreUncommitted;
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
  accepts('retries under one lease, also after a commit', check, () =>
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
      .hands('assign', { partition: '1', lease: 2 })
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
    () => frozen().hands('lost').hands('lost', { member: 'm2', partition: '1', lease: 3 }),
    'partition 1',
  );
  rejects('a history without the fault', check, () => story().hands('assign').hands('lost'), 'no fault freeze');
  accepts('a loss of each, or the end of a hand-over', check, () =>
    frozen().hands('lost').hands('revoke', { partition: '1', lease: 2 }),
  );
  accepts('what it gave away before, and what it got afterwards', check, () =>
    story()
      .hands('assign')
      .hands('revoke')
      .hands('assign', { lease: 2 })
      .add({ kind: 'fault', name: 'freeze', edge: 'start' })
      .hands('lost', { lease: 2 })
      .hands('assign', { lease: 3 }),
  );
});

describe('repeats of events that are told one by one', () => {
  rejects(
    'an event that comes again after the service was told',
    repeatsAreUncommitted,
    () => story().sent('a#0').handled('a#0').told('a#0').deliver('a#0', next),
    'a#0 at 0',
  );
  accepts('one that was settled and not told, and another copy of one that was', repeatsAreUncommitted, () =>
    story()
      .sent('a#0', 'b#0')
      .handled('a#0', 'b#0')
      .told('a#0')
      .deliver('b#0', next)
      .deliver('a#0', { ...next, position: 7 }),
  );
});
