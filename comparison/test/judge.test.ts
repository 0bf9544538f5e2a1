import { type Entry, ofKind } from '@isostream/conformance/checks';
import { describe, expect, it } from 'vitest';
import { memoryHarness } from '@isostream/conformance/suites/memory';
import { judge } from '../src/run/judge.ts';

const { capabilities } = memoryHarness().createAdapter('probe');

/** A history in short: `send a1`, `deliver a1 m1`, `ok a1 m1`, `fail a1 m1`. */
function history(...lines: readonly string[]): readonly Entry[] {
  return lines.flatMap((line, at): readonly Entry[] => {
    const [verb = '', event = '', member = 'm1'] = line.split(' ');
    const key = event.slice(0, 1);
    const seq = Number(event.slice(1));
    const send = { topic: 't', id: event, key, seq, sender: 's' };
    const call = {
      topic: 't',
      group: 'g',
      member,
      assignment: 1,
      partition: '0',
      position: event,
      id: event,
      key,
      seq,
    };
    if (verb === 'send')
      return [
        { at, kind: 'send', ...send },
        { at, kind: 'sent', topic: 't', id: event, partition: undefined, position: undefined },
      ];
    if (verb === 'deliver') return [{ at, kind: 'deliver', attempt: 1, ...call }];
    return [{ at, kind: 'settle', result: verb === 'ok' ? 'ok' : 'retry', attempt: 1, ...call }];
  });
}

const words = (entries: readonly Entry[], outcome = {}): readonly string[] => {
  const { broken, noted } = judge(entries, capabilities, outcome);
  return [...broken, ...noted].map(({ what, count }) => `${count} ${what}`);
};

describe('a client is judged by its history', () => {
  it('and has kept everything where each event is handled once, in order', () => {
    const entries = history('send a0', 'send a1', 'deliver a0', 'ok a0', 'deliver a1', 'ok a1');
    expect(ofKind(entries, 'settle')).toHaveLength(2);
    expect(words(entries)).toEqual([]);
  });

  it.each([
    ['loses one', ['send a0', 'send a1', 'deliver a0', 'ok a0'], ['1 not handled']],
    [
      'turns two round',
      ['send a0', 'send a1', 'deliver a1', 'ok a1', 'deliver a0', 'ok a0'],
      ['1 out of order', '1 before the event in front of them was done'],
    ],
    [
      'overtakes one that failed',
      ['send a0', 'send a1', 'deliver a0', 'fail a0', 'deliver a1', 'ok a1', 'deliver a0', 'ok a0'],
      ['1 before the event in front of them was done'],
    ],
    [
      'runs two handlers of a key at once',
      ['send a0', 'send a1', 'deliver a0 m1', 'deliver a1 m2', 'ok a0 m1', 'ok a1 m2'],
      ['1 before the event in front of them was done', '1 handlers of one key at the same time'],
    ],
    ['hands one out twice', ['send a0', 'deliver a0', 'ok a0', 'deliver a0', 'ok a0'], ['1 repeated']],
  ] as const)('and it is told if it %s', (_, lines, found) => {
    expect(words(history(...lines))).toEqual(found);
  });

  it('and a later attempt is no repetition, wherever it runs', () => {
    expect(words(history('send a0', 'deliver a0 m1', 'fail a0 m1', 'deliver a0 m2', 'ok a0 m2'))).toEqual([]);
  });

  it('and keys that the scenario is not about are left out', () => {
    expect(words(history('send a0', 'send b0', 'deliver b0', 'ok b0'), { leftKeys: ['a'] })).toEqual([]);
  });
});
