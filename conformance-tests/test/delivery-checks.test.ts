import { describe } from 'vitest';
import {
  allDelivered,
  everySendAnswered,
  exclusive,
  honestSends,
  isolatedTopics,
  receiptsNameThePlace,
  replaysKey,
  resumesAfter,
  startsAt,
  strangers,
} from '../src/checks/delivery.ts';
import { story } from '../src/history/story.ts';
import { accepts, rejects } from './support/verdicts.ts';

describe('all delivered', () => {
  rejects(
    'an acknowledged event that never came',
    allDelivered,
    () => story().sent('a#0', 'a#1').handled('a#0'),
    '1 lost: a#1',
  );
  rejects(
    'one that was handed out and never settled',
    allDelivered,
    () => story().sent('a#0').deliver('a#0'),
    'lost: a#0',
  );
  rejects(
    'one whose attempts all failed',
    allDelivered,
    () => story().sent('a#0').tried('a#0', 1).tried('a#0', 2),
    'lost: a#0',
  );
  rejects(
    'one that its handler rejected',
    allDelivered,
    () => story().sent('a#0').deliver('a#0').settle('a#0', 'reject'),
    'lost: a#0',
  );
  rejects(
    'an event that nobody sent',
    allDelivered,
    () => story().sent('a#0').handled('a#0', 'x#9'),
    'never sent, but delivered: x#9',
  );
  accepts('everything settled, also after retries and in any order', allDelivered, () =>
    story().sent('a#0', 'b#0').tried('b#0', 1).handled('a#0').deliver('b#0', { attempt: 2 }).settle('b#0', 'ok'),
  );
  accepts('a send that failed, handed out or not', allDelivered, () =>
    story().send('a#0').failed('a#0', 'unknown').send('a#1').failed('a#1', 'unknown').handled('a#0'),
  );
  accepts('an event that was handed out before its sender knew', allDelivered, () =>
    story().send('a#0').handled('a#0').acknowledge('a#0'),
  );
});

describe('strangers', () => {
  rejects('an event that nobody sent', strangers, () => story().deliver('x#9'), 'x#9');
  accepts('what was sent, acknowledged or not', strangers, () => story().send('a#0').deliver('a#0'));
});

describe('exactly once', () => {
  rejects(
    'an event that came again after it was settled',
    exclusive,
    () => story().sent('a#0').handled('a#0', 'a#0'),
    'a#0 (2x)',
  );
  rejects(
    'an event that came to two members',
    exclusive,
    () => story().sent('a#0').handled('a#0').deliver('a#0', { member: 'm2', assignment: 2 }),
    'a#0 (2x)',
  );
  rejects(
    'a second attempt, since nothing failed',
    exclusive,
    () => story().sent('a#0').tried('a#0', 1).deliver('a#0', { attempt: 2 }),
    'a#0 (2x)',
  );
  accepts('one delivery of each', exclusive, () => story().sent('a#0', 'a#1').handled('a#0', 'a#1'));
});

describe('honest sends', () => {
  rejects(
    'an event that was "not written" and came',
    honestSends,
    () => story().send('a#0').failed('a#0', 'not-written').deliver('a#0'),
    'failed as not written and was delivered',
  );
  rejects(
    'one of unknown outcome that lies in two places',
    honestSends,
    () => story().send('a#0').failed('a#0', 'unknown').deliver('a#0', { position: 0 }).deliver('a#0', { position: 1 }),
    'stored 2 times',
  );
  rejects(
    'a failure without an outcome',
    honestSends,
    () => story().send('a#0').failed('a#0', undefined),
    'no outcome',
  );
  rejects(
    'an event that was acknowledged and failed',
    honestSends,
    () => story().sent('a#0').failed('a#0', 'unknown').handled('a#0'),
    'was acknowledged and failed',
  );
  accepts('one of unknown outcome that came once, retries aside', honestSends, () =>
    story().send('a#0').failed('a#0', 'unknown').tried('a#0', 1).deliver('a#0', { attempt: 2 }),
  );
  accepts('one of unknown outcome that came again to another owner, from the same place', honestSends, () =>
    story().send('a#0').failed('a#0', 'unknown').deliver('a#0').deliver('a#0', { assignment: 2, member: 'm2' }),
  );
  accepts(
    'one of unknown outcome that lies in two places where each attempt may have stored it',
    (entries) => honestSends(entries, false),
    () => story().send('a#0').failed('a#0', 'unknown').deliver('a#0', { position: 0 }).deliver('a#0', { position: 1 }),
  );
  accepts('one of unknown outcome and one not written that never came', honestSends, () =>
    story().send('a#0').failed('a#0', 'unknown').send('a#1').failed('a#1', 'not-written'),
  );
});

describe('every send answered', () => {
  rejects('a send without a result', everySendAnswered, () => story().sent('a#0').send('a#1'), 'a#1 (0)');
  rejects('a send with two results', everySendAnswered, () => story().sent('a#0').failed('a#0', 'unknown'), 'a#0 (2)');
  rejects(
    'a send that was acknowledged twice',
    everySendAnswered,
    () => story().sent('a#0').acknowledge('a#0'),
    'a#0 (2)',
  );
  accepts('one result each, good or bad', everySendAnswered, () =>
    story().sent('a#0').send('a#1').failed('a#1', 'not-written'),
  );
});

describe('receipts', () => {
  const check = receiptsNameThePlace;
  const told = (partition: string | undefined, position: string | undefined) =>
    story().send('a#0').add({ kind: 'sent', topic: 't', id: 'a#0', partition, position });
  rejects(
    'two events that have each other’s',
    check,
    () =>
      story()
        .send('a#0')
        .send('a#1')
        .acknowledge('a#0', { position: 1 })
        .acknowledge('a#1', { position: 0 })
        .deliver('a#0', { position: 0 })
        .deliver('a#1', { position: 1 }),
    'a#0 (0/1, came from 0/0), a#1 (0/0, came from 0/1)',
  );
  rejects('one of another partition', check, () => told('1', '0').deliver('a#0'), 'a#0 (1/0, came from 0/0)');
  rejects('a wrong position alone', check, () => told(undefined, '7').deliver('a#0'), 'a#0');
  rejects('a wrong partition alone', check, () => told('1', undefined).deliver('a#0'), 'a#0');
  accepts('the place of each, also before its sender knew', check, () =>
    story().sent('a#0', 'a#1').handled('a#0', 'a#1').send('a#2').deliver('a#2', { position: 2 }).acknowledge('a#2'),
  );
  accepts('what the service does not tell', check, () => told(undefined, undefined).deliver('a#0'));
  accepts('one of the two places of an event that was stored twice', check, () =>
    story().sent('a#0').deliver('a#0', { position: 5 }).deliver('a#0', { position: 0 }),
  );
  accepts('an event that never came', check, () => story().sent('a#0'));
});

describe('isolated topics', () => {
  rejects('an event in another topic', isolatedTopics, () => story().sent('a#0').deliver('a#0', { topic: 'u' }), 'a#0');
  rejects('an event of no topic at all', isolatedTopics, () => story().deliver('x#0'), 'x#0');
  accepts('each event in its own', isolatedTopics, () =>
    story().sent('a#0').send('b#0', { topic: 'u' }).handled('a#0').deliver('b#0', { topic: 'u' }),
  );
});

describe('resumes', () => {
  const check = resumesAfter('restart');
  rejects(
    'an event that was settled and comes again',
    check,
    () => story().sent('a#0').handled('a#0').mark('restart').handled('a#0'),
    'settled before and delivered again: a#0',
  );
  rejects(
    'an event that was open and never comes',
    check,
    () => story().sent('a#0', 'a#1').handled('a#0').deliver('a#1').mark('restart'),
    'not resumed: a#1',
  );
  rejects(
    'a failed attempt that is forgotten',
    check,
    () => story().sent('a#0').tried('a#0', 1).mark('restart'),
    'not resumed: a#0',
  );
  rejects(
    'a dead letter that comes again',
    check,
    () => story().sent('a#0').tried('a#0', 1).dead('a#0').mark('restart').handled('a#0'),
    'delivered again: a#0',
  );
  rejects('a history without the mark', check, () => story().sent('a#0').handled('a#0'), 'no mark restart');
  accepts('exactly what was open', check, () =>
    story()
      .sent('a#0', 'a#1', 'b#0')
      .handled('a#0')
      .tried('b#0', 1)
      .dead('b#0')
      .deliver('a#1')
      .mark('restart')
      .handled('a#1'),
  );
});

describe('a replay of one key', () => {
  const sent = () => story().sent('a#0', 'b#0', 'a#1');
  rejects('an event of the key that was left out', replaysKey('a', ['a#1']), sent, '1 of a left out: a#0');
  rejects('a replay that handed out nothing', replaysKey('a', []), sent, '2 of a left out: a#0, a#1');
  rejects('an event of another key', replaysKey('a', ['a#0', 'b#0', 'a#1']), sent, '1 of another key: b#0');
  rejects('events in another order', replaysKey('a', ['a#1', 'a#0']), sent, 'out of order: a#1, a#0');
  rejects('a key of which nothing was sent', replaysKey('c', []), sent, 'only 0 acknowledged events of c');
  accepts('all of the key in its order', replaysKey('a', ['a#0', 'a#1']), sent);
  accepts('one handed out again, and one whose send failed left out', replaysKey('a', ['a#0', 'a#0', 'a#1']), () =>
    sent().send('a#2').failed('a#2', 'not-written'),
  );
});

describe('a start', () => {
  const check = startsAt('started');
  rejects(
    'an event sent while nobody was there that never came',
    check,
    () => story().sent('a#0').mark('started').sent('a#1', 'a#2').handled('a#2'),
    '1 newer and left out: a#1',
  );
  rejects(
    'an event from before the start',
    check,
    () => story().sent('a#0').mark('started').sent('a#1').handled('a#0', 'a#1'),
    '1 older than the start: a#0',
  );
  rejects('a history without the mark', check, () => story().sent('a#0').handled('a#0'), 'no mark started');
  accepts('exactly what came after it, a send that failed aside', check, () =>
    story().sent('a#0').mark('started').sent('a#1').send('a#2').failed('a#2', 'not-written').handled('a#1'),
  );
});
