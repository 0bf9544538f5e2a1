import { describe, expect, it } from 'vitest';
import { freshLease, type Lease } from '../src/lease.ts';
import { originOf } from '../src/origin.ts';
import {
  faults,
  type From,
  initial,
  keyOf,
  nextStates,
  type Rules,
  rules,
  type State,
  textOf,
} from './support/starts-model.ts';

/** Everything that can happen within the bounds; what is wrong in any state, and how many states there are. */
function explore(first: State, from: From, how: Rules): { readonly wrong: readonly string[]; readonly states: number } {
  const seen = new Set([keyOf(first)]);
  const judged = new Set<string>();
  const queue = [first];
  for (let state = queue.pop(); state !== undefined; state = queue.pop()) {
    // What members are about to do is no part of the judgement.
    const judgedBy = textOf(state);
    const wrong = judged.has(judgedBy) ? [] : faults(state, from);
    judged.add(judgedBy);
    if (wrong.length > 0) return { wrong, states: seen.size };
    for (const next of nextStates(state, from, how)) {
      const key = keyOf(next);
      if (seen.has(key)) continue;
      seen.add(key);
      queue.push(next);
    }
  }
  return { wrong: [], states: seen.size };
}

describe('where a group starts in each partition, whatever is split, merged, found, or dies, and in which order', () => {
  it.each<[from: From, roots: number, members: number, left: State['left']]>([
    ['latest', 1, 2, { sends: 1, reshards: 1, deaths: 1 }],
    ['latest', 1, 1, { sends: 1, reshards: 2, deaths: 1 }],
    ['latest', 2, 1, { sends: 1, reshards: 1, deaths: 1 }],
    ['earliest', 1, 2, { sends: 1, reshards: 1, deaths: 0 }],
    [1, 1, 2, { sends: 1, reshards: 1, deaths: 0 }],
  ])('%s, %i partitions, %i members, %o: nothing is skipped, and nothing is too old', (from, roots, members, left) => {
    const { wrong, states } = explore(initial(roots, members, left), from, rules);
    expect(wrong).toEqual([]);
    expect(states).toBeGreaterThan(1_000);
  });

  it.each<[what: string, wrong: Partial<Rules>, roots: number, members: number, left: State['left']]>([
    [
      'decides by leases as they were before it gave any',
      { knowsItsOwn: false },
      1,
      1,
      { sends: 1, reshards: 2, deaths: 1 },
    ],
    ['goes on where another was faster', { looksAgain: false }, 1, 2, { sends: 1, reshards: 1, deaths: 0 }],
    [
      'starts what appears later at its end',
      { origin: () => ({ kind: 'with-group' }) },
      1,
      1,
      { sends: 1, reshards: 1, deaths: 1 },
    ],
    [
      'takes what is found with the first ones for later',
      { origin: (_, { size }) => (size > 0 ? { kind: 'later' } : { kind: 'with-group' }) },
      2,
      1,
      { sends: 0, reshards: 0, deaths: 1 },
    ],
  ])('would be wrong of a member that %s', (_, change, roots, members, left) => {
    expect(explore(initial(roots, members, left), 'latest', { ...rules, ...change }).wrong).not.toEqual([]);
  });
});

describe('a partition without a lease', () => {
  const leases = (...all: Lease[]): ReadonlyMap<string, Lease> => new Map(all.map((lease) => [lease.partition, lease]));
  const untaken = freshLease({ partition: 'p' }, '5');

  it('is later than a group of which anybody has held a lease, also if nothing is known of what it continues', () => {
    const taken = { ...untaken, token: 1 };
    expect(originOf({ partition: 'q', after: ['gone'] }, leases(taken))).toEqual({ kind: 'later' });
  });

  it('continues what nobody has read yet', () => {
    expect(originOf({ partition: 'q', after: ['p'] }, leases(untaken))).toEqual({
      kind: 'continues',
      positions: ['5'],
    });
  });

  it('is as old as the group if what it continues had ended before', () => {
    const ended = { ...untaken, isFinished: true };
    expect(originOf({ partition: 'q', after: ['p'] }, leases(ended))).toEqual({ kind: 'with-group' });
    expect(originOf({ partition: 'q' }, leases(untaken))).toEqual({ kind: 'with-group' });
  });
});
