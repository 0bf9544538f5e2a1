import { describe, expect, it } from 'vitest';
import type { Entry } from '../src/history/entry.ts';
import { timelineOf } from '../src/report/timeline.ts';

const owner = { topic: 't', group: 'g', member: 'm1', partition: '0', assignment: 1 };
const call = { ...owner, id: 'k#0', key: 'k', seq: 0, position: '5' };

describe('a timeline', () => {
  const history: readonly Entry[] = [
    { at: 1_000, kind: 'send', topic: 't', id: 'k#0', key: 'k', seq: 0, sender: 's' },
    { at: 1_001, kind: 'sent', topic: 't', id: 'k#0', partition: '0', position: '5' },
    { at: 1_002, kind: 'assign', ...owner },
    { at: 1_003, kind: 'fault', name: 'cut', edge: 'start' },
    { at: 1_004, kind: 'deliver', ...call, attempt: 1 },
    { at: 1_006.26, kind: 'settle', ...call, attempt: 1, result: 'retry' },
    { at: 1_007, kind: 'deliver', ...call, attempt: 2 },
    { at: 1_008, kind: 'fault', name: 'cut', edge: 'end' },
    { at: 1_009, kind: 'commit', ...owner, position: '4' },
    { at: 1_010, kind: 'send', topic: 't', id: 'n#0', key: null, seq: 0, sender: 's' },
    { at: 1_012, kind: 'lost', ...owner },
    { at: 1_013, kind: 'dead', topic: 't', group: 'g', id: 'k#0', attempts: 2, code: 'X' },
    { at: 1_020, kind: 'mark', name: 'end' },
  ];

  it('pairs beginnings and ends, in milliseconds from the first entry', () => {
    expect(timelineOf(history)).toEqual({
      ms: 20,
      keys: ['k', '(no key)'],
      members: ['g m1'],
      ids: ['k#0', 'n#0'],
      attempts: [
        [4, 6.3, 0, 0, 0, 1, 1],
        [7, 20, 0, 0, 0, 2, 4],
      ],
      sends: [
        [0, 1, 0, 0, 0],
        [10, null, 1, 1, 0],
      ],
      holds: [[2, 12, 0, '0', 1]],
      commits: [[9, 0, '0', '4', 0]],
      letters: [[13, 0, 'X']],
      faults: [[3, 8, 'cut']],
      marks: [[20, 'end']],
      left: 0,
    });
  });

  it('is bounded, and says how much it leaves out', () => {
    const many = Array.from({ length: 60_010 }, (_, index): Entry => ({ at: index, kind: 'mark', name: 'x' }));
    expect(timelineOf(many)).toMatchObject({ left: 10 });
  });

  it('of nothing is empty', () => {
    expect(timelineOf([])).toMatchObject({ ms: 0, attempts: [], left: 0 });
  });
});
