import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { failedKeysStayFailed, noFailedKeys, waitsForRoom } from '../src/checks/failed-keys.ts';
import { jitterIsDrawn } from '../src/checks/waits.ts';
import { attemptsAtMost, lettersAfterTheLastAttempt } from '../src/checks/letters.ts';
import { policy, runs } from './support/simulation.ts';
import { story, type Story } from '../src/history/story.ts';
import { accepts, rejects } from './support/verdicts.ts';

describe('letters', () => {
  const check = lettersAfterTheLastAttempt(2);
  rejects(
    'one after the first of two attempts',
    check,
    () => story().tried('a#0', 1).dead('a#0', { attempt: 1 }),
    'a#0 after 1',
  );
  rejects('one that nothing failed for', check, () => story().handled('a#0').dead('a#0', { attempt: 1 }), 'and 1 ok');
  rejects('one of an event that nobody handled', check, () => story().sent('a#0').dead('a#0'), 'and none');
  rejects(
    'one that counts wrong',
    check,
    () => story().tried('a#0', 1).tried('a#0', 2).dead('a#0', { attempt: 3 }),
    'a#0 after 3, by its letter, and 2 retry',
  );
  accepts('one after the last attempt', check, () =>
    story().tried('a#0', 1).tried('a#0', 2).dead('a#0', { attempt: 2 }),
  );
  accepts('one after a refusal', check, () =>
    story().deliver('a#0').settle('a#0', 'reject').dead('a#0', { attempt: 1 }),
  );
  accepts('one that comes late, of an assignment before', check, () =>
    story().tried('a#0', 1).tried('a#0', 2).hands('lost').deliver('a#0', { assignment: 2 }).dead('a#0', { attempt: 2 }),
  );

  it('accepts whatever a group without faults leaves behind', () => {
    fc.assert(
      fc.property(runs(policy.attempts), ({ entries }) => {
        expect(lettersAfterTheLastAttempt(policy.attempts)(entries)).toEqual([]);
        expect(attemptsAtMost(policy.attempts)(entries)).toEqual([]);
      }),
    );
  });
});

describe('attempts at most', () => {
  const check = attemptsAtMost(2);
  rejects('a third', check, () => story().tried('a#0', 1).tried('a#0', 2).tried('a#0', 3), 'a#0, attempt 3');
  rejects(
    'another one after a refusal',
    check,
    () => story().deliver('a#0').settle('a#0', 'reject').deliver('a#0', { attempt: 2 }),
    'a#0, attempt 2',
  );
  accepts('another one under another assignment', check, () =>
    story().deliver('a#0').settle('a#0', 'reject').deliver('a#0', { assignment: 2 }),
  );
});

describe('full jitter', () => {
  const check = jitterIsDrawn({ initialMs: 320, maxMs: 1_000 });
  const waits = (...each: readonly number[]): Story =>
    each.reduce(
      (told, ms, index) => told.tried(`a#${index}`, 1).wait(ms).deliver(`a#${index}`, { attempt: 2 }),
      story(),
    );
  rejects('six waits of next to nothing', check, () => waits(1, 2, 1, 3, 1, 9), '6 waits, each below 1/32');
  rejects('six waits that are all as long as can be', check, () => waits(320, 315, 320, 318, 311, 320), 'above 31/32');
  accepts('one of them longer', check, () => waits(1, 2, 1, 3, 1, 11));
  accepts('one of them shorter', check, () => waits(320, 315, 300, 318, 311, 320));
  accepts('a few', check, () => waits(1, 1, 1, 1, 1));
});

describe('fail-key', () => {
  const failed = (): Story => story().send('a#0').failed('a#0', 'not-written');
  const add = (told: Story, id: string, code: 'key-failed' | 'aborted', outcome: 'not-written' | 'unknown'): Story =>
    told.send(id).add({ kind: 'send-failed', topic: 't', id, code, outcome });
  rejects('a later event that is stored', failedKeysStayFailed, () => failed().sent('a#1'), 'a#1 after a#0');
  rejects(
    'an event before it that fails for it',
    failedKeysStayFailed,
    () => add(story(), 'a#0', 'key-failed', 'not-written').send('a#1').failed('a#1', 'not-written'),
    'of which nothing had failed: a#0',
  );
  rejects(
    'one that fails for an event that was taken back',
    failedKeysStayFailed,
    () => add(add(story(), 'a#0', 'aborted', 'not-written'), 'a#1', 'key-failed', 'not-written'),
    'of which nothing had failed: a#1',
  );
  accepts('later events that fail for it, and other keys', failedKeysStayFailed, () =>
    add(failed(), 'a#1', 'key-failed', 'not-written').sent('b#0'),
  );
  accepts(
    'what was sent before anybody knew, and is stored with a batch that was under way',
    failedKeysStayFailed,
    () => story().send('a#0').send('a#1').wait(9).failed('a#0', 'unknown').acknowledge('a#1'),
  );
  rejects(
    'the same, where nothing was under way',
    failedKeysStayFailed,
    () => story().send('a#0').send('a#1').wait(9).failed('a#0', 'not-written').acknowledge('a#1'),
    'a#1 after a#0',
  );
  rejects(
    'what is sent once it is known',
    failedKeysStayFailed,
    () => story().send('a#0').failed('a#0', 'unknown').wait(9).sent('a#1'),
    'a#1 after a#0',
  );
  accepts('the same key of another sender', failedKeysStayFailed, () =>
    failed().send('a#1', { sender: 'p2' }).acknowledge('a#1'),
  );
  accepts('what follows a batch that failed after its sender had gone', failedKeysStayFailed, () =>
    add(add(story(), 'a#0', 'aborted', 'unknown'), 'a#1', 'key-failed', 'not-written'),
  );
  rejects(
    'an event that fails for its key where keys go on',
    noFailedKeys,
    () => add(failed(), 'a#1', 'key-failed', 'not-written'),
    'failed for their key: a#1',
  );
});

describe('waiting for room', () => {
  const refused = (ms: number): Story =>
    story()
      .send('a#0')
      .wait(ms)
      .add({ kind: 'send-failed', topic: 't', id: 'a#0', code: 'backpressure', outcome: 'not-written' });
  rejects('a send that gives up early', waitsForRoom(50), () => refused(40), 'a#0 after 40 ms');
  accepts('one that waited', waitsForRoom(50), () => refused(50));
});
