import { describe } from 'vitest';
import {
  fencingTokensGrow,
  noCommitsAfterEnd,
  noLateDeliveries,
  queuedAt,
  signalsTellOfLosses,
  toldOfLosses,
} from '../src/checks/assignments.ts';
import { story } from '../src/history/story.ts';
import { accepts, rejects } from './support/verdicts.ts';

const next = { member: 'm2', assignment: 2 };

describe('no late deliveries', () => {
  const check = noLateDeliveries();
  rejects(
    'a handler that starts after its assignment was handed on',
    check,
    () => story().handled('a#0').hands('revoke').deliver('a#1'),
    'a#1 at m1 after revoke',
  );
  rejects(
    'one that starts after its assignment was lost, while nobody has the partition',
    check,
    () => story().handled('a#0').hands('lost').deliver('a#1'),
    'a#1 at m1 after lost',
  );
  rejects(
    'one that starts while the next owner is at work, though nobody told its member',
    check,
    () => story().deliver('a#0').handledBy(next, 'a#0').deliver('b#0'),
    'b#0 at m1 while another had 0',
  );
  rejects(
    'another attempt of a former owner',
    check,
    () => story().tried('a#0', 1).deliver('b#0', next).deliver('a#0', { attempt: 2 }),
    'a#0 at m1',
  );
  rejects(
    'what an old queue of the same member still hands out',
    check,
    () =>
      story()
        .handled('a#0')
        .hands('lost')
        .hands('assign', { assignment: 2 })
        .deliver('a#0', { assignment: 2 })
        .deliver('a#1'),
    'a#1 at m1 after lost',
  );
  rejects(
    'one under an assignment that nobody knows',
    check,
    () => story().handled('a#0').deliver('a#1', { assignment: 0 }),
    'a#1 at m1',
  );
  accepts('one owner after the other, each partition and group for itself', check, () =>
    story()
      .handled('a#0')
      .hands('revoke')
      .handledBy(next, 'a#1')
      .handledBy({ partition: '1', assignment: 3 }, 'b#0')
      .hands('lost', { partition: '2', assignment: 7 })
      .handledBy({ group: 'other', assignment: 1 }, 'a#0'),
  );
  accepts('a handler that began in time and ends late', check, () =>
    story().deliver('a#0').hands('lost').deliver('a#0', next).settle('a#0', 'ok'),
  );
  accepts('an assignment that nobody has made use of', check, () =>
    story().handled('a#0').hands('assign', next).deliver('a#1'),
  );

  const frozen = noLateDeliveries('m1');
  rejects(
    'a member that woke, did something, and started what it had queued',
    frozen,
    () => story().deliver('a#0').deliver('a#0', next).settle('a#0', 'ok').deliver('a#1'),
    'a#1 at m1 while another had 0',
  );
  rejects(
    'one that started two of what it had queued',
    frozen,
    () => story().deliver('a#0').deliver('a#0', next).deliver('b#0').deliver('c#0'),
    '1 handlers started under an assignment that was over: c#0',
  );
  rejects(
    'another member that was not frozen',
    frozen,
    () => story().deliver('a#0', { member: 'm3' }).deliver('a#0', next).deliver('b#0', { member: 'm3' }),
    'b#0 at m3',
  );
  rejects(
    'one that had been told',
    frozen,
    () => story().deliver('a#0').hands('lost').deliver('a#0', next).deliver('b#0'),
    'b#0 at m1 after lost',
  );
  accepts('the one handler that it was about to start when it was stopped', frozen, () =>
    story().deliver('a#0').deliver('a#0', next).deliver('b#0').hands('lost').settle('b#0', 'ok'),
  );

  accepts(
    'members that share what is told event by event, before anything is told',
    noLateDeliveries(undefined, 'individual'),
    () => story().deliver('a#0').deliver('b#0', next).deliver('c#0'),
  );
  rejects(
    'another attempt of a single event that somebody else has',
    check,
    () =>
      story()
        .sent('a#0', 'b#0')
        .handled('b#0')
        .told('b#0')
        .tried('a#0', 1)
        .deliver('a#0', next)
        .deliver('a#0', { attempt: 2 }),
    'a#0 at m1 while another had 0/0',
  );
  accepts('members that share a topic event by event, and one that comes back', check, () =>
    story()
      .sent('a#0', 'b#0', 'c#0')
      .handled('a#0')
      .told('a#0')
      .handledBy(next, 'b#0')
      .handled('c#0')
      .tried('b#0', 1)
      .deliver('b#0', { attempt: 2 }),
  );
});

describe('no commits after the end', () => {
  rejects(
    'a commit after the partition was handed on',
    noCommitsAfterEnd,
    () => story().handled('a#0').hands('revoke').commit(0),
    'commit of 0 by m1 after revoke',
  );
  rejects(
    'one that failed, after the loss',
    noCommitsAfterEnd,
    () => story().handled('a#0').hands('lost').commitFailed('lease-lost', { position: 0 }),
    'commit-failed of 0 by m1 after lost',
  );
  rejects(
    'an event that is told after the end',
    noCommitsAfterEnd,
    () => story().sent('a#0').handled('a#0').hands('revoke').told('a#0'),
    'told of 0 by m1 after revoke',
  );
  accepts('commits until then, and those of whoever has it now', noCommitsAfterEnd, () =>
    story().handled('a#0').commit(0).hands('revoke').commit(1, next).commit(3, { partition: '1', assignment: 3 }),
  );
});

describe('signals tell of losses', () => {
  const check = signalsTellOfLosses;
  rejects(
    'a handler that nobody told, and that ends',
    check,
    () => story().deliver('a#0').hands('lost').settle('a#0', 'ok'),
    'a#0 at m1',
  );
  rejects('one that never ends', check, () => story().deliver('a#0').hands('lost'), 'a#0 at m1');
  rejects(
    'one of two',
    check,
    () => story().deliver('a#0').deliver('b#0').hands('lost').aborted('a#0', 'lease-lost'),
    'did not tell: b#0',
  );
  rejects(
    'one that was told something else',
    check,
    () => story().deliver('a#0').hands('lost').aborted('a#0', 'closed'),
    'a#0 at m1',
  );
  rejects(
    'one that was told of the end of an earlier attempt',
    check,
    () => story().deliver('a#0').aborted('a#0', 'handler-timeout').deliver('a#0', { attempt: 2 }).hands('lost'),
    '1 handlers',
  );
  rejects(
    'one that still ran when its partition was handed on',
    check,
    () => story().deliver('a#0').hands('revoke').settle('a#0', 'ok'),
    'a#0 at m1',
  );
  accepts('those that were told, before or after the adapter said so', check, () =>
    story()
      .deliver('a#0')
      .deliver('b#0')
      .aborted('a#0', 'lease-lost')
      .hands('lost')
      .aborted('b#0', 'lease-lost')
      .settle('a#0', 'ok'),
  );
  accepts('those that were over, and those of other assignments', check, () =>
    story()
      .handled('a#0')
      .deliver('b#0', { partition: '1', assignment: 2 })
      .hands('lost')
      .settle('b#0', 'ok', { partition: '1', assignment: 2 }),
  );
  accepts('one that took too long and was told of that', check, () =>
    story().deliver('a#0').aborted('a#0', 'handler-timeout').hands('lost'),
  );
});

describe('told of losses', () => {
  rejects(
    'the signals of another member, and other reasons',
    toldOfLosses('m1', 1),
    () => story().deliver('a#0').aborted('a#0', 'handler-timeout').aborted('a#0', 'lease-lost', next),
    'only 0 handlers of m1',
  );
  accepts('one that was told', toldOfLosses('m1', 1), () => story().deliver('a#0').aborted('a#0', 'lease-lost'));
});

describe('queued', () => {
  const check = queuedAt('freeze', 'm1', 1);
  const frozen = { kind: 'fault', name: 'freeze', edge: 'start' } as const;
  rejects(
    'a member that had begun all that it had read',
    check,
    () => story().read(2, 20).tried('a#0', 1).deliver('a#0', { attempt: 2 }).deliver('b#0').add(frozen).read(5, 50),
    'only 0 events that m1 had queued',
  );
  rejects(
    'what another member had queued',
    check,
    () => story().read(1, 10, next).read(1, 10).deliver('a#0').add(frozen),
    'only 0 events',
  );
  rejects('what it handed over', check, () => story().read(3, 30).hands('revoke').add(frozen), 'only 0 events');
  rejects('a history without the fault', check, () => story().read(3, 30), 'only 0 events');
  accepts('one event that waits for its turn', check, () => story().read(2, 20).deliver('a#0').add(frozen));
});

describe('fencing tokens', () => {
  const assigned = (...all: readonly [token: string | undefined, partition?: string, group?: string][]) => {
    const told = story();
    for (const [fencingToken, partition = '0', group = 'g'] of all)
      told.add({
        kind: 'assign',
        ...(fencingToken === undefined ? {} : { fencingToken }),
        ...{ topic: 't', group, member: 'm1', assignment: 1, partition },
      });
    return told;
  };
  rejects('one that shrinks', fencingTokensGrow, () => assigned(['7'], ['6']), '0 at m1 with 6 after 7');
  rejects('one that stays', fencingTokensGrow, () => assigned(['7'], ['7']), '0 at m1 with 7 after 7');
  rejects(
    'one that is greater than the last and not than all',
    fencingTokensGrow,
    () => assigned(['7'], ['5'], ['6']),
    '0 at m1 with 6 after 7',
  );
  rejects('one that grows as text alone', fencingTokensGrow, () => assigned(['10'], ['9']), '0 at m1 with 9 after 10');
  rejects('one that nobody can compare', fencingTokensGrow, () => assigned(['x7']), '0 at m1 with x7, no number');
  rejects('an assignment without one', fencingTokensGrow, () => assigned(['7'], [undefined]), '0 at m1 with none');
  accepts('tokens that grow, with leaps', fencingTokensGrow, () => assigned(['9'], ['10'], ['18446744073709551617']));
  accepts('the same token in other partitions and groups', fencingTokensGrow, () =>
    assigned(['7'], ['7', '1'], ['7', '0', 'h']),
  );
  accepts('a provider that has none', fencingTokensGrow, () => assigned([undefined], [undefined]));
});
