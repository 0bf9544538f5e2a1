import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EngineWorld } from './support/engine-world.ts';

const partition = fc.constantFrom('p0', 'p1');
/** Keys belong to one partition, as on every provider; `-` is no key. */
const place = fc.constantFrom(
  ...(['a', 'b', 'c', '-'] as const).map((key) => ['p0', key] as const),
  ...(['d', 'e', '-'] as const).map((key) => ['p1', key] as const),
);

type Step = (world: EngineWorld) => unknown;

function step<Value>(
  name: string,
  value: fc.Arbitrary<Value>,
  run: (world: EngineWorld, value: Value) => unknown,
): fc.Arbitrary<Step> {
  return value.map((drawn) =>
    Object.assign((world: EngineWorld) => run(world, drawn), {
      toString: () => `${name} ${JSON.stringify(drawn) ?? ''}`,
    }),
  );
}

const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: step('push', fc.array(place, { minLength: 1, maxLength: 4 }), (world, places) => {
      for (const [to, key] of places) world.push(to, key);
    }),
  },
  { weight: 6, arbitrary: step('ok', fc.nat(9), (world, pick) => world.end(pick, 'ok')) },
  { weight: 3, arbitrary: step('fail', fc.nat(9), (world, pick) => world.end(pick, 'fail')) },
  { weight: 1, arbitrary: step('hopeless', fc.nat(9), (world, pick) => world.end(pick, 'hopeless')) },
  { weight: 3, arbitrary: step('advance', fc.integer({ min: 1, max: 700 }), (world, ms) => world.advance(ms)) },
  { weight: 1, arbitrary: step('advance', fc.integer({ min: 1_000, max: 6_000 }), (world, ms) => world.advance(ms)) },
  { weight: 2, arbitrary: step('assign', partition, (world, name) => world.assign(name)) },
  { weight: 1, arbitrary: step('revoke', partition, (world, name) => world.revoke(name)) },
  { weight: 1, arbitrary: step('lose', partition, (world, name) => world.lose(name)) },
  { weight: 1, arbitrary: step('letters fail', fc.nat(4), (world, times) => world.lettersFail(times)) },
  { weight: 1, arbitrary: step('commits fail', partition, (world, name) => world.commitsFail(name)) },
  {
    weight: 1,
    arbitrary: step('pause or resume', fc.boolean(), (world, pause) => (pause ? world.pause() : world.resume())),
  },
);

describe('engine', () => {
  it(
    'keeps its promises in every history: order and no overlap in a key, nothing lost, nothing passed by a commit, room, concurrency',
    { timeout: 60_000 },
    async () => {
      const seen: EngineWorld['seen'][] = [];
      await fc.assert(
        fc.asyncProperty(fc.array(steps, { minLength: 20, maxLength: 120 }), async (history) => {
          const world = new EngineWorld();
          world.assign('p0');
          world.assign('p1');
          for (const move of history) {
            await move(world);
            await world.rest();
            expect(world.violations).toEqual([]);
          }
          await world.finish();
          expect(world.violations).toEqual([]);
          seen.push(world.seen);
        }),
        { numRuns: 150 },
      );
      // A judge that saw nothing proves nothing.
      for (const what of ['deliveries', 'retries', 'commits', 'letters', 'drains', 'lost'] as const)
        expect(
          seen.reduce((sum, one) => sum + one[what], 0),
          what,
        ).toBeGreaterThan(20);
    },
  );
});
