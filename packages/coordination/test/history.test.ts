import { describe, expect, it } from 'vitest';
import { freshLease, takenBy } from '../src/lease.ts';
import {
  earlyContinuations,
  type Entry,
  falseAnswers,
  imbalance,
  lateWrites,
  lostEvents,
  overlaps,
  repeats,
  tokensThatDidNotGrow,
} from './support/history.ts';

const a = { member: 'a', partition: 'p', token: 1 };
const b = { member: 'b', partition: 'p', token: 3 };
const fresh = freshLease({ partition: 'p' }, '0');
const ofA = takenBy(fresh, 'a');
const ofB = takenBy({ ...ofA, counter: 2 }, 'b');

function written(before: typeof fresh, next: typeof fresh): Entry {
  return { kind: 'written', before, next };
}

describe('what the simulation is judged by', () => {
  it('rejects a token that did not grow', () => {
    const history: Entry[] = [
      { kind: 'assigned', position: 0, ...b },
      { kind: 'assigned', position: 0, ...a },
    ];
    expect(tokensThatDidNotGrow(history)).toHaveLength(1);
    expect(tokensThatDidNotGrow(history.toReversed())).toEqual([]);
  });

  it('rejects the write of a former owner, one over another, and one that goes back', () => {
    expect(lateWrites([written(ofA, ofB)])).toHaveLength(1);
    expect(lateWrites([written({ ...ofA, counter: 2 }, ofB)])).toEqual([]);
    expect(lateWrites([written(ofB, { ...ofA, counter: ofB.counter + 1, position: '5' })])).toHaveLength(1);
    const later = { ...ofB, counter: ofB.counter + 1, position: '5' };
    expect(lateWrites([written(ofB, later)])).toEqual([]);
    expect(lateWrites([written(later, { ...later, counter: later.counter + 1, position: '4' })])).toHaveLength(1);
  });

  it('rejects a commit that was confirmed and not stored', () => {
    const committed: Entry = { kind: 'committed', position: 5, ...b };
    const store = written(ofB, { ...ofB, counter: ofB.counter + 1, position: '5' });
    expect(falseAnswers([committed])).toHaveLength(1);
    expect(falseAnswers([store, committed])).toEqual([]);
  });

  it('rejects a position that passed an event, and an assignment that began elsewhere', () => {
    const handled: Entry[] = [
      { kind: 'assigned', position: 0, ...a },
      { kind: 'handled', event: 0, ...a },
    ];
    expect(lostEvents([...handled, written(ofA, { ...ofA, position: '1' })])).toEqual([]);
    expect(lostEvents([...handled, written(ofA, { ...ofA, position: '2' })])).toHaveLength(1);
    expect(lostEvents([...handled, { kind: 'handled', event: 2, ...a }])).toHaveLength(1);
  });

  it('rejects an event of a partition before the last one of a partition that it continues', () => {
    const partitions = [{ partition: 'p' }, { partition: 'child', after: ['p', 'long gone'] }];
    const last: Entry = { kind: 'handled', event: 0, ...a };
    const first: Entry = { kind: 'handled', event: 0, ...a, partition: 'child' };
    expect(earlyContinuations(partitions, [last, first, first])).toEqual([]);
    expect(earlyContinuations(partitions, [last, first, last])).toEqual(['child began before the end of p']);
  });

  it('rejects an event that came twice', () => {
    expect(
      repeats([
        { kind: 'handled', event: 0, ...a },
        { kind: 'handled', event: 0, ...b },
      ]),
    ).toHaveLength(1);
  });

  it('rejects an assignment before the one before has ended', () => {
    const [first, second]: Entry[] = [
      { kind: 'assigned', position: 0, ...a },
      { kind: 'assigned', position: 0, ...b },
    ];
    expect(overlaps([first, second].filter((entry) => entry !== undefined))).toHaveLength(1);
    expect(overlaps([first, { kind: 'gone', ...a } as const, second].filter((entry) => entry !== undefined))).toEqual(
      [],
    );
  });

  it('rejects an orphan, a partition with two readers, and unfair shares', () => {
    expect(
      imbalance(
        ['p', 'q'],
        new Map([
          ['a', ['p']],
          ['b', []],
        ]),
      ),
    ).toEqual(['q: []']);
    expect(
      imbalance(
        ['p'],
        new Map([
          ['a', ['p']],
          ['b', ['p']],
        ]),
      ),
    ).toHaveLength(1);
    expect(
      imbalance(
        ['p', 'q'],
        new Map([
          ['a', ['p', 'q']],
          ['b', []],
        ]),
      ),
    ).toEqual(['unfair: a: 2, b: 0']);
    expect(
      imbalance(
        ['p', 'q', 'r'],
        new Map([
          ['a', ['p', 'q']],
          ['b', ['r']],
        ]),
      ),
    ).toEqual([]);
  });
});
