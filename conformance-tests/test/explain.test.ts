import { describe, expect, it } from 'vitest';
import { invariants } from '../src/checks/invariants.ts';
import type { Entry } from '../src/history/entry.ts';
import { explain, explainAll } from '../src/report/explain.ts';

const send = { topic: 't', key: 'k7', sender: 's' };
const call = { topic: 't', group: 'g', member: 'm1', assignment: 1, partition: '0', key: 'k7', attempt: 1 };
const history: readonly Entry[] = [
  { at: 1_000, kind: 'send', id: 'k7#3', seq: 3, ...send },
  { at: 1_001, kind: 'send', id: 'k7#4', seq: 4, ...send },
  { at: 1_002, kind: 'sent', topic: 't', id: 'k7#3', partition: '0', position: '3' },
  { at: 1_003, kind: 'sent', topic: 't', id: 'k7#4', partition: '0', position: '4' },
  { at: 1_010.4, kind: 'deliver', id: 'k7#4', seq: 4, position: '4', ...call },
  { at: 1_020, kind: 'settle', result: 'ok', id: 'k7#4', seq: 4, position: '4', ...call },
  { at: 1_030, kind: 'deliver', id: 'k7#3', seq: 3, position: '3', ...call },
  { at: 1_031, kind: 'settle', result: 'retry', id: 'k7#3', seq: 3, position: '3', ...call },
];

describe('a finding in a sentence', () => {
  it('says what it means and what happened to the events that it names, by time and member', () => {
    expect(explain('order per key', '1 out of order: k7: 3 after 4', history)).toBe(
      'A later event of the key was handed out before an earlier one. ' +
        'k7#3 was sent at 0 ms, acknowledged in partition 0 at 2 ms, given to m1 (attempt 1) at 30 ms, failed by m1 at 31 ms. ' +
        'k7#4 was sent at 1 ms, acknowledged in partition 0 at 3 ms, given to m1 (attempt 1) at 10 ms, settled by m1 at 20 ms.',
    );
  });

  it.each([
    '1 handed out too early: k7: 4 while 3 was not settled',
    '1 overlapping handlers: k7: 4 at m1 while 3 ran at m1',
    '1 handed out before the one in front was settled again: k7: 4 before its owner had settled 3',
  ])('finds both events of "%s"', (finding) => {
    const text = explain('after predecessors', finding, history);
    expect(text).toContain('k7#4 was');
    expect(text).toContain('k7#3 was');
  });

  it.each(['1 lost: k7#3', '1 delivered more than once: k7#3 (2x)'])('finds the event of "%s"', (finding) => {
    expect(explain('all delivered', finding, history)).toContain('k7#3 was sent at 0 ms');
  });

  it('has a meaning for every invariant', () => {
    const unexplained = Object.keys(invariants).filter((name) => explain(name, 'something', history) === undefined);
    expect(unexplained).toEqual([]);
  });

  it('leaves a finding alone of which it knows no more', () => {
    expect(explainAll({ 'its own check': ['17 instead of 18'] }, history)).toEqual([]);
  });
});
