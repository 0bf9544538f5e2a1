import { expect, it } from 'vitest';
import { runScenarios } from '../src/run/runner.ts';
import { scenarios } from '../src/scenarios/index.ts';
import { bareMemoryHarness } from '../src/suites/memory.ts';

/** What depends on how an event travels: fidelity, letters and redrives, payloads nobody can read, replays, limits. */
const ids = ['A1', 'A6', 'A7', 'C2', 'C5', 'C6', 'C7', 'E2', 'E4', 'G1', 'G2', 'G3', 'G4', 'H2', 'H3'];

it('keeps the same promises where events have no headers', async () => {
  const harness = bareMemoryHarness();
  const reports = await runScenarios({
    harness,
    scenarios: scenarios.filter(({ id }) => ids.includes(id)),
    seed: 1,
    scale: 0.2,
  });
  await harness.close();
  expect(reports.map(({ scenario, verdict, failures }) => ({ scenario, verdict, failures }))).toEqual(
    ids.map((scenario) => ({ scenario, verdict: 'passed', failures: {} })),
  );
});
