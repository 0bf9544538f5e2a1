import { runScenarios, type ScenarioReport } from '../run/runner.ts';
import type { Scenario } from '../run/scenario.ts';
import type { Harness } from '../suites/harness.ts';
import type { Mutant } from './mutant.ts';

export interface MutantReport {
  readonly mutant: string;
  readonly defect: string;
  readonly verdict: 'killed' | 'survived';
  /** `<scenario>: <check>` of each check that noticed. */
  readonly killedBy: readonly string[];
  readonly seed: number;
}

export interface RunMutantsOptions {
  readonly harness: Harness;
  /** For mutants that say so: a provider whose events are settled one by one. */
  readonly individual: Harness;
  readonly mutants: readonly Mutant[];
  readonly scenarios: readonly Scenario[];
  readonly seed: number;
  readonly scale?: number;
  readonly onEnd?: (report: MutantReport) => void;
}

/** Findings that are no check's: a scenario that crashed or hung says nothing about what is wrong. */
const noCheck = new Set([
  'error',
  'time',
  'waits',
  'consumers',
  'enough traffic',
  'enough failures',
  'in the middle of work',
  'stopped in the middle',
]);

/** Runs each mutant through its scenarios. A mutant is killed only by a named check, not by a scenario that breaks down. */
export async function runMutants(options: RunMutantsOptions): Promise<MutantReport[]> {
  const { seed, scale = 0.2 } = options;
  const reports: MutantReport[] = [];
  for (const mutant of options.mutants) {
    const scenarios = options.scenarios.filter(({ id }) => mutant.scenarios.includes(id));
    const killedBy: string[] = [];
    for (const scenario of scenarios) {
      const harness = mutant.settlement === 'individual' ? options.individual : options.harness;
      const [report] = await runScenarios({
        harness: mutant.harness?.(harness) ?? harness,
        scenarios: [scenario],
        seed,
        scale,
        distortion: mutant.distort(),
      });
      if (report !== undefined) killedBy.push(...noticed(report));
    }
    const verdict = killedBy.length > 0 ? 'killed' : 'survived';
    const report: MutantReport = { mutant: mutant.name, defect: mutant.defect, verdict, killedBy, seed };
    options.onEnd?.(report);
    reports.push(report);
  }
  return reports;
}

function noticed({ scenario, failures }: ScenarioReport): string[] {
  const checks = Object.keys(failures).filter((check) => !noCheck.has(check) && !check.startsWith('close: '));
  return checks.map((check) => `${scenario}: ${check}`);
}
