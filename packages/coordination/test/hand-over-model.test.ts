import { describe, expect, it } from 'vitest';
import { initial, isAtEnd, nextStates, type Rules, rules, type State } from './support/hand-over-model.ts';

interface Explored {
  readonly wrong: readonly string[];
  readonly states: number;
  /** States from which the end cannot be reached though somebody lives. */
  readonly stuck: number;
}

/** Two or three members and one partition: every order of every step, with writes that arrive late or never. */
function explore(first: State, how: Rules): Explored {
  const numbers = new Map([[JSON.stringify(first), 0]]);
  const states = [first];
  const before: number[][] = [[]];
  for (let at = 0; at < states.length; at++) {
    const state = states[at];
    if (state === undefined) break;
    if (state.wrong.length > 0) return { wrong: state.wrong, states: states.length, stuck: 0 };
    for (const next of nextStates(state, how)) {
      const key = JSON.stringify(next);
      const number = numbers.get(key) ?? states.length;
      if (number === states.length) {
        numbers.set(key, number);
        states.push(next);
        before.push([]);
      }
      before[number]?.push(at);
    }
  }
  const open = states.flatMap((state, number) => (isAtEnd(state) ? [number] : []));
  const reaching = new Set(open);
  for (let number = open.pop(); number !== undefined; number = open.pop())
    for (const earlier of before[number] ?? [])
      if (!reaching.has(earlier)) {
        reaching.add(earlier);
        open.push(earlier);
      }
  const lives = ({ members }: State): boolean => members.some(({ state }) => state !== 'crashed');
  const stuck = states.filter((state, number) => lives(state) && !reaching.has(number)).length;
  return { wrong: [], states: states.length, stuck };
}

describe('the hand-over of a partition, step by step, in every order', () => {
  it.each([
    ['two without a fault', 2, 0, 2],
    ['two that crash or freeze', 2, 1, 1],
    ['two with two faults', 2, 2, 0],
    ['three without a fault', 3, 0, 1],
    ['three that crash or freeze', 3, 1, 0],
  ])('%s: no event is passed, no token shrinks, no late write counts, and it comes to its end', (_, ...bounds) => {
    const { wrong, states, stuck } = explore(initial(...bounds), rules);
    expect(wrong).toEqual([]);
    expect(stuck).toBe(0);
    expect(states).toBeGreaterThan(100);
  });

  it.each<[what: string, change: Partial<Rules>]>([
    ['whose store forgets its condition', { isConditional: false }],
    ['that lets go before it has finished what it began', { drains: false }],
    ['that takes whatever it finds for its own', { standing: () => 'own' }],
  ])('would be wrong of a member %s', (_, change) => {
    expect(explore(initial(2, 1, 1), { ...rules, ...change }).wrong).not.toEqual([]);
  });
});
