import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMemoryLeaseStore } from '../src/memory-lease-store.ts';
import type { LeaseStore } from '../src/lease-store.ts';
import {
  falseAnswers,
  imbalance,
  lateWrites,
  lostEvents,
  overlaps,
  repeats,
  tokensThatDidNotGrow,
} from './support/history.ts';
import { leaseMs, SimulatedGroup } from './support/simulated-group.ts';

type Step =
  | { readonly what: 'join' }
  | { readonly what: 'leave'; readonly who: number }
  | { readonly what: 'crash'; readonly who: number }
  | { readonly what: 'pause'; readonly who: number; readonly ms: number }
  | { readonly what: 'outage'; readonly ms: number };

const who = fc.nat(9);
const ms = fc.integer({ min: 50, max: 3 * leaseMs });
const join = fc.record({ what: fc.constant('join' as const) });
const leave = fc.record({ what: fc.constant('leave' as const), who });
const faults = fc.oneof(
  fc.record({ what: fc.constant('crash' as const), who }),
  fc.record({ what: fc.constant('pause' as const), who, ms }),
  fc.record({ what: fc.constant('outage' as const), ms }),
);

function scripts(
  step: fc.Arbitrary<Step>,
): fc.Arbitrary<{ seed: number; partitions: string[]; steps: [Step, number][] }> {
  return fc.record({
    seed: fc.nat(),
    partitions: fc.integer({ min: 1, max: 7 }).map((count) => Array.from({ length: count }, (_, index) => `p${index}`)),
    steps: fc.array(fc.tuple(step, fc.integer({ min: 0, max: 1_500 })), { minLength: 1, maxLength: 14 }),
  });
}

/** Plays a script with at least two members, then lets the group come to rest, and gives what went wrong. */
async function play(group: SimulatedGroup, steps: readonly (readonly [Step, number])[]): Promise<void> {
  let joined = 0;
  const enter = (): void => group.join(`m${joined++}`);
  const pick = (index: number): string => `m${index % joined}`;
  const crashed = new Set<string>();
  enter();
  enter();
  for (const [step, wait] of steps) {
    if (step.what === 'join') enter();
    else if (step.what === 'leave') group.leave(pick(step.who));
    else if (step.what === 'outage') {
      group.weather.isDown = true;
      group.clock.timer(step.ms, () => (group.weather.isDown = false));
    } else {
      const name = pick(step.who);
      group.pause(name);
      if (step.what === 'crash') crashed.add(name);
      else if (step.what === 'pause') group.clock.timer(step.ms, () => crashed.has(name) || group.resume(name));
    }
    await group.clock.advance(wait);
  }
  await group.clock.advance(3 * leaseMs);
  enter();
}

/** However it began: within this time every partition has one reader, and shares are fair. */
const rest = 5 * leaseMs;

describe('a group of members that come and go', () => {
  it(
    'hands partitions over without a repetition, without overlap, and soon is fair',
    { timeout: 120_000 },
    async () => {
      await fc.assert(
        fc.asyncProperty(scripts(fc.oneof(join, leave)), async ({ seed, partitions, steps }) => {
          const group = new SimulatedGroup({ seed, partitions });
          await play(group, steps);
          await group.until(() => imbalance(partitions, group.shares).length === 0, rest);
          await group.clock.advance(2 * leaseMs);
          expect(imbalance(partitions, group.shares)).toEqual([]);
          await group.end();

          const { history } = group;
          expect(group.failures).toEqual([]);
          expect(
            [tokensThatDidNotGrow, lateWrites, falseAnswers, lostEvents].flatMap((check) => check(history)),
          ).toEqual([]);
          expect([repeats, overlaps].flatMap((check) => check(history))).toEqual([]);
        }),
        { numRuns: 60 },
      );
    },
  );

  it(
    'loses nothing and comes to rest after crashes, pauses, outages and lost answers',
    { timeout: 120_000 },
    async () => {
      await fc.assert(
        fc.asyncProperty(
          scripts(fc.oneof(join, leave, faults)),
          fc.nat(30),
          async ({ seed, partitions, steps }, trouble) => {
            const group = new SimulatedGroup({ seed, partitions });
            group.weather.trouble = trouble;
            await play(group, steps);
            group.weather.trouble = 0;
            await group.until(() => imbalance(partitions, group.shares).length === 0, rest);
            await group.clock.advance(4 * leaseMs);
            expect(imbalance(partitions, group.shares)).toEqual([]);
            await group.end();

            const { history } = group;
            expect(group.failures).toEqual([]);
            expect(
              [tokensThatDidNotGrow, lateWrites, falseAnswers, lostEvents].flatMap((check) => check(history)),
            ).toEqual([]);
          },
        ),
        { numRuns: 80 },
      );
    },
  );

  it('would not be safe on a store that forgets its condition', { timeout: 120_000 }, async () => {
    const found = new Set<string>();
    for (let seed = 0; seed < 20; seed++) {
      const group = new SimulatedGroup({ seed, partitions: ['p0', 'p1', 'p2'], store: careless() });
      const pause = (at: number): [Step, number] => [{ what: 'pause', who: at, ms: 2 * leaseMs }, 800];
      await play(group, [[{ what: 'join' }, 2_000], pause(0), pause(1), pause(2)]);
      for (const check of [tokensThatDidNotGrow, lateWrites, lostEvents])
        if (check(group.history).length > 0) found.add(check.name);
    }
    expect(found).toContain('lateWrites');
  });
});

/** A store whose replace is a plain write. */
function careless(): LeaseStore {
  const store = createMemoryLeaseStore();
  return {
    ...store,
    async replace(next, _counter, signal) {
      const current = await store.read(next.partition, signal);
      return current !== undefined && store.replace(next, current.counter, signal);
    },
  };
}
