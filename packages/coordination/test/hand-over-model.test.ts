import { describe, expect, it } from 'vitest';
import { initial, isAtEnd, nextStates, type Rules, rules, type State } from './support/hand-over-model.ts';

interface Explored {
  readonly wrong: readonly string[];
  readonly states: number;
  /** States from which the end cannot be reached though somebody lives. */
  readonly stuck: number;
}

/** Two members and one partition: every order of every step, with writes that arrive late or never. */
function explore(first: State, how: Rules): Explored {
  const states = new Map([[JSON.stringify(first), first]]);
  const before = new Map<string, string[]>();
  const queue = [first];
  for (let state = queue.pop(); state !== undefined; state = queue.pop()) {
    if (state.wrong.length > 0) return { wrong: state.wrong, states: states.size, stuck: 0 };
    const from = JSON.stringify(state);
    for (const next of nextStates(state, how)) {
      const key = JSON.stringify(next);
      const leading = before.get(key);
      if (leading === undefined) before.set(key, [from]);
      else leading.push(from);
      if (states.has(key)) continue;
      states.set(key, next);
      queue.push(next);
    }
  }
  const reaching = new Set([...states].filter(([, state]) => isAtEnd(state)).map(([key]) => key));
  const open = [...reaching];
  for (let key = open.pop(); key !== undefined; key = open.pop())
    for (const earlier of before.get(key) ?? [])
      if (!reaching.has(earlier)) {
        reaching.add(earlier);
        open.push(earlier);
      }
  const lives = ({ members }: State): boolean => members.some(({ state }) => state !== 'crashed');
  const stuck = [...states].filter(([key, state]) => lives(state) && !reaching.has(key)).length;
  return { wrong: [], states: states.size, stuck };
}

describe('the hand-over of a partition, step by step, in every order', () => {
  it.each([
    ['without a fault', 0, 2],
    ['with members that crash or freeze', 1, 1],
    ['with two faults', 2, 0],
  ])('%s: no event is passed, no token shrinks, no late write counts, and it comes to its end', (_, faults, asks) => {
    const { wrong, states, stuck } = explore(initial(faults, asks), rules);
    expect(wrong).toEqual([]);
    expect(stuck).toBe(0);
    expect(states).toBeGreaterThan(100);
  });

  it.each<[what: string, change: Partial<Rules>]>([
    ['whose store forgets its condition', { isConditional: false }],
    ['that lets go before it has finished what it began', { drains: false }],
    ['that takes whatever it finds for its own', { standing: () => 'own' }],
  ])('would be wrong of a member %s', (_, change) => {
    expect(explore(initial(1, 1), { ...rules, ...change }).wrong).not.toEqual([]);
  });
});
