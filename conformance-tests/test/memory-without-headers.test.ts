import { expect, it } from 'vitest';
import { runScenarios } from '../src/run/runner.ts';
import { scenarios } from '../src/scenarios/index.ts';
import { bareMemoryHarness } from '../src/suites/memory.ts';

/** What depends on how an event travels: fidelity, letters and redrives, payloads nobody can read, replays, limits. */
const ids = [
  'no-loss/all-is-handled-once-and-in-order',
  'send-order/a-large-call-is-split-in-order',
  'send/an-event-too-large-fails-alone',
  'dead-letter/after-the-last-attempt',
  'dead-letter/a-non-retryable-error',
  'dead-letter/a-letter-holds-the-event',
  'dead-letter/letters-are-edited-and-discarded',
  'dead-letter/letters-are-refused',
  'start-replay/at-a-time',
  'start-replay/a-group-is-reset',
  'fidelity/bytes',
  'fidelity/headers',
  'fidelity/keys',
  'fidelity/times-ids-and-positions',
  'capabilities/what-is-absent-is-refused',
  'dead-letter/undecodable-bytes',
];

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
    ids.toSorted().map((scenario) => ({ scenario, verdict: 'passed', failures: {} })),
  );
});
