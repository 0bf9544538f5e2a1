import { describe, expect, it } from 'vitest';
import {
  afterPredecessors,
  growingPositions,
  keysAtOnce,
  perKeyOrder,
  senderOrder,
  singleFlightPerKey,
  stablePartition,
} from '../src/checks/order.ts';
import { story } from '../src/history/story.ts';
import { accepts, rejects } from './support/verdicts.ts';

describe('order per key', () => {
  rejects(
    'two events of a key swapped',
    perKeyOrder,
    () => story().sent('a#0', 'a#1', 'a#2').handled('a#0', 'a#2', 'a#1'),
    'a: 1 after 2',
  );
  rejects(
    'a swap between members',
    perKeyOrder,
    () => story().sent('a#0', 'a#1').handled('a#1').deliver('a#0', { member: 'm2', assignment: 2 }),
    'a: 0 after 1',
  );
  accepts('keys that overtake each other', perKeyOrder, () =>
    story().sent('a#0', 'b#0', 'a#1', 'b#1').handled('b#0', 'b#1', 'a#0', 'a#1'),
  );
  accepts('a suffix that comes again after a crash', perKeyOrder, () =>
    story().sent('a#0', 'a#1', 'a#2').handled('a#0', 'a#1', 'a#0', 'a#1', 'a#2'),
  );
  accepts('a gap where a send failed', perKeyOrder, () =>
    story().sent('a#0').send('a#1').failed('a#1', 'not-written').sent('a#2').handled('a#0', 'a#2'),
  );
  accepts('a late event whose send failed as unknown', perKeyOrder, () =>
    story().sent('a#0').send('a#1').failed('a#1', 'unknown').sent('a#2').handled('a#0', 'a#2', 'a#1'),
  );
  accepts('any order without a key', perKeyOrder, () =>
    story().sent('a#0', 'a#1').deliver('a#1', { key: null }).deliver('a#0', { key: null }),
  );
});

describe('after predecessors', () => {
  rejects(
    'an event that passes a failed one',
    afterPredecessors,
    () => story().sent('a#0', 'a#1').tried('a#0', 1).handled('a#1'),
    'a: 1 while 0 was not settled',
  );
  rejects(
    'an event that passes a running one',
    afterPredecessors,
    () => story().sent('a#0', 'a#1').deliver('a#0').deliver('a#1'),
    'a: 1 while 0',
  );
  rejects(
    'an event that passes a rejected one before its letter',
    afterPredecessors,
    () => story().sent('a#0', 'a#1').deliver('a#0').settle('a#0', 'reject').deliver('a#1').dead('a#0'),
    'a: 1 while 0',
  );
  rejects(
    'an event that passes one that was never handed out',
    afterPredecessors,
    () => story().sent('a#0', 'a#1').handled('a#1'),
    'a: 1 while 0',
  );
  rejects(
    'a next owner that starts behind the open event',
    afterPredecessors,
    () => story().sent('a#0', 'a#1').deliver('a#0').hands('lost').deliver('a#1', { member: 'm2', assignment: 2 }),
    'a: 1 while 0',
  );
  rejects(
    'an event that passes a settled one which came again and waits for its next attempt',
    afterPredecessors,
    () =>
      story()
        .sent('a#0', 'a#1')
        .handled('a#0', 'a#1')
        .deliver('a#0', { assignment: 2 })
        .settle('a#0', 'retry', { assignment: 2 })
        .deliver('a#1', { assignment: 2 }),
    'a: 1 before its owner had settled 0',
  );
  rejects(
    'one that the former owner of what came again settles late',
    afterPredecessors,
    () =>
      story()
        .sent('a#0', 'a#1')
        .deliver('a#0')
        .deliver('a#0', { assignment: 2 })
        .settle('a#0', 'ok')
        .deliver('a#1', { assignment: 2 }),
    'a: 1 before its owner had settled 0',
  );
  accepts('a letter for what came again, and copies of one event', afterPredecessors, () =>
    story()
      .sent('a#0', 'a#1')
      .handled('a#0')
      .deliver('a#0', { assignment: 2 })
      .settle('a#0', 'reject', { assignment: 2 })
      .dead('a#0')
      .handledBy({ assignment: 2, position: 5 }, 'a#0')
      .handledBy({ assignment: 2 }, 'a#1'),
  );
  accepts('one event after the other, over retries and letters', afterPredecessors, () =>
    story()
      .sent('a#0', 'a#1', 'a#2')
      .tried('a#0', 1)
      .deliver('a#0', { attempt: 2 })
      .settle('a#0', 'ok')
      .tried('a#1', 1)
      .dead('a#1')
      .handled('a#2'),
  );
  accepts('other keys and unacknowledged sends in between', afterPredecessors, () =>
    story()
      .sent('a#0')
      .send('a#1')
      .failed('a#1', 'unknown')
      .sent('a#2', 'b#0')
      .deliver('a#0')
      .handled('b#0')
      .settle('a#0', 'ok')
      .handled('a#2'),
  );
  accepts('a settled event that comes again', afterPredecessors, () =>
    story().sent('a#0', 'a#1').handled('a#0', 'a#1', 'a#0', 'a#1'),
  );
});

describe('single flight per key', () => {
  rejects(
    'two handlers of a key at once',
    singleFlightPerKey,
    () => story().sent('a#0', 'a#1').deliver('a#0').deliver('a#1'),
    'a: 1 at m1 while 0 ran at m1',
  );
  rejects(
    'two handlers of a key in two members',
    singleFlightPerKey,
    () => story().sent('a#0').deliver('a#0').deliver('a#0', { member: 'm2', assignment: 2 }),
    'a: 0 at m2 while 0 ran at m1',
  );
  rejects(
    'a retry beside the attempt that still runs',
    singleFlightPerKey,
    () => story().sent('a#0').deliver('a#0').deliver('a#0', { attempt: 2 }),
    'a: 0',
  );
  accepts('handlers of a key one after the other, of two keys at once', singleFlightPerKey, () =>
    story()
      .sent('a#0', 'b#0', 'a#1')
      .deliver('a#0')
      .deliver('b#0')
      .settle('a#0', 'retry')
      .deliver('a#0', { attempt: 2 })
      .settle('a#0', 'ok')
      .deliver('a#1'),
  );
  accepts('one key in two groups', singleFlightPerKey, () =>
    story().sent('a#0').deliver('a#0').deliver('a#0', { group: 'other', assignment: 2 }),
  );
});

describe('keys at once', () => {
  it('counts different keys that run, not calls', () => {
    const told = story()
      .deliver('a#0')
      .deliver('b#0')
      .deliver('b#1')
      .settle('a#0', 'ok')
      .deliver('c#0')
      .settle('b#0', 'ok')
      .settle('b#1', 'ok')
      .settle('c#0', 'ok');
    expect(keysAtOnce(told.entries)).toBe(2);
  });

  it('sees that a serial run is serial', () => {
    expect(keysAtOnce(story().handled('a#0', 'b#0', 'c#0').entries)).toBe(1);
  });
});

describe('order per sender', () => {
  const sent = () => story().send('a#0', { sender: 'p1' }).send('a#1', { sender: 'p2' }).send('a#2', { sender: 'p1' });
  rejects(
    'two events of one sender and key swapped',
    senderOrder,
    () => sent().handled('a#2', 'a#1', 'a#0'),
    'p1/a: a#0',
  );
  accepts('senders that overtake each other', senderOrder, () => sent().handled('a#1', 'a#0', 'a#2'));
  accepts('any order without a key', senderOrder, () =>
    story()
      .send('a#0', { key: null })
      .send('a#1', { key: null })
      .deliver('a#1', { key: null })
      .deliver('a#0', { key: null }),
  );
  accepts('what comes again', senderOrder, () => sent().handled('a#0', 'a#2', 'a#0', 'a#2'));
});

describe('stable partition', () => {
  rejects(
    'a key in two partitions',
    stablePartition,
    () => story().send('a#0').acknowledge('a#0').send('a#1').acknowledge('a#1', { partition: '3' }),
    'a: 0 and 3',
  );
  accepts('each key in one, whatever failed sends did', stablePartition, () =>
    story()
      .send('a#0')
      .acknowledge('a#0', { partition: '2' })
      .send('a#1')
      .failed('a#1', 'unknown')
      .send('b#0')
      .acknowledge('b#0')
      .send('a#2')
      .acknowledge('a#2', { partition: '2' }),
  );
  accepts('events without a key anywhere', stablePartition, () =>
    story()
      .send('a#0', { key: null })
      .acknowledge('a#0')
      .send('a#1', { key: null })
      .acknowledge('a#1', { partition: '1' }),
  );
  accepts('one key in one partition of each topic', stablePartition, () =>
    story()
      .send('a#0')
      .acknowledge('a#0')
      .send('a#1', { topic: 'u' })
      .acknowledge('a#1', { topic: 'u', partition: '1' }),
  );
});

describe('growing positions', () => {
  rejects(
    'a position that goes back',
    growingPositions,
    () => story().send('a#0').acknowledge('a#0', { position: 5 }).send('a#1').acknowledge('a#1', { position: 4 }),
    '0: a#1 at 4 after 5',
  );
  rejects(
    'two events at one position',
    growingPositions,
    () => story().send('a#0').acknowledge('a#0', { position: 5 }).send('a#1').acknowledge('a#1', { position: 5 }),
    '0: a#1 at 5 after 5',
  );
  rejects(
    'positions that would only grow as text',
    growingPositions,
    () => story().send('a#0').acknowledge('a#0', { position: 10 }).send('a#1').acknowledge('a#1', { position: 9 }),
    'at 9 after 10',
  );
  accepts('keys of one partition whose requests are answered in another order', growingPositions, () =>
    story().send('a#0').send('b#0').acknowledge('b#0', { position: 9 }).acknowledge('a#0', { position: 8 }),
  );
  accepts('gaps, and partitions and topics of their own', growingPositions, () =>
    story()
      .sent('a#0')
      .send('a#1')
      .acknowledge('a#1', { position: 9 })
      .send('b#0')
      .acknowledge('b#0', { partition: '1' })
      .send('c#0', { topic: 'u' })
      .acknowledge('c#0', { topic: 'u' }),
  );
});
