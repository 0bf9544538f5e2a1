import { describe, expect, it } from 'vitest';
import { runScenarios } from '../src/run/runner.ts';
import { scenarios } from '../src/scenarios/index.ts';
import type { Harness, HarnessFaults } from '../src/suites/harness.ts';
import { memoryHarness } from '../src/suites/memory.ts';

const undo = (): void => undefined;

/** Each says that it broke something. */
const harmless: HarnessFaults = {
  cut: () => 8,
  halfOpen: () => 8,
  isolate: () => undo,
  goAway: () => undo,
  restart: () => Promise.resolve(),
  slowDown: () => undo,
  throttle: () => Promise.resolve(undo),
  refuseWrites: () => Promise.resolve(undo),
  refuseCommits: () => undo,
  trim: () => Promise.resolve(),
};

/** A crash is the end of a member's handlers, which the suite itself brings about, and retention goes by the clock. */
const breaking = scenarios.filter(
  ({ id, breaks }) =>
    (breaks === true || breaks === 'throttling') && !/a-crash-between|a-member-crashes|expire-by-themselves/.test(id),
);

// A scenario whose fault never comes waits as long as a provider may be silent.
describe('a fault that does nothing', () => {
  it.concurrent.each(breaking)('makes $id fail: $title', { timeout: 120_000 }, async (scenario) => {
    const harness: Harness = { ...memoryHarness(), faults: harmless, stall: () => undo };
    const [report] = await runScenarios({ harness, scenarios: [scenario], seed: 1 });
    expect(report).toMatchObject({ verdict: 'failed' });
  });
});
