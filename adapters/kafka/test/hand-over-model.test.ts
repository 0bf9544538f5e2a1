import { describe, expect, it } from 'vitest';
import { assign } from '../src/group/assignor.ts';
import { nextStates } from './support/hand-over-model.ts';
import { type Bounds, initial, isAtEnd, lives, type Rules, rules, type State } from './support/hand-over-state.ts';

interface Explored {
  readonly wrong: readonly string[];
  readonly states: number;
  /** States from which the end cannot be reached though somebody lives. */
  readonly stuck: number;
}

/** Every order of every step of all members, their coordinator, and what is on its way between them. */
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
  const stuck = states.filter((state, number) => lives(state) && !reaching.has(number)).length;
  return { wrong: [], states: states.length, stuck };
}

/** The assignor, had nobody said what it holds. */
const forgetful: Rules['assign'] = (members, partitions) =>
  assign(
    members.map(({ memberId, subscription }) => ({
      memberId,
      subscription: { ...subscription, userData: new Uint8Array() },
    })),
    partitions,
  );

describe('the hand-over of partitions in a group of Kafka, step by step, in every order', () => {
  it.each<[what: string, bounds: Bounds]>([
    ['two members that share', { members: 2, partitions: 2, events: 1, faults: 0, leaves: 0 }],
    ['two members of which one or both leave', { members: 2, partitions: 1, events: 2, faults: 0, leaves: 2 }],
    ['two members of which one crashes or freezes', { members: 2, partitions: 1, events: 2, faults: 1, leaves: 0 }],
    ['two members that share until one leaves', { members: 2, partitions: 2, events: 1, faults: 0, leaves: 1 }],
    ['three members of which one leaves', { members: 3, partitions: 1, events: 1, faults: 0, leaves: 1 }],
  ])('%s: nothing is passed, no late commit counts, and it comes to its end', (_, bounds) => {
    const { wrong, states, stuck } = explore(initial(bounds), rules);
    expect(wrong).toEqual([]);
    expect(stuck).toBe(0);
    expect(states).toBeGreaterThan(500);
  });

  it.each<[what: string, change: Partial<Rules>, faults: number, found: string]>([
    ['whose leader shares what others still hold', { assign: forgetful }, 0, 'two members handle partition 1 at once'],
    ['that lets go before it has finished what it began', { drains: false }, 0, '0 of partition 1 again'],
    ['that keeps what it held when its session is over', { forgets: false }, 1, 'a commit of token 1 after 2'],
    ['whose coordinator takes commits of anybody', { fences: false }, 1, 'a commit of token 1 after 2'],
  ])('would be wrong of a member %s', (_, change, faults, found) => {
    const first = initial({ members: 2, partitions: 2, events: 1, leaves: 0, faults });
    expect(explore(first, { ...rules, ...change }).wrong).toEqual([found]);
  });
});
