import type { Findings, Scenario } from '../../src/run/scenario.ts';
import type { Stage } from '../../src/run/stage.ts';

/** A scenario for tests of the runner. */
export function scenario(
  id: Scenario['id'],
  run: (stage: Stage) => Promise<Findings>,
  more: Partial<Scenario> = {},
): Scenario {
  return { id, title: `scenario ${id}`, run, ...more };
}

export const nothing = async (): Promise<Findings> => ({});
