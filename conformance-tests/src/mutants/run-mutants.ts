import { capabilitiesOf, runScenarios, type ScenarioReport } from '../run/runner.ts';
import type { Scenario } from '../run/scenario.ts';
import type { Harness } from '../suites/harness.ts';
import type { Mutant } from './mutant.ts';
import { mutants as everywhere } from './mutants.ts';

export interface MutantReport {
  readonly mutant: string;
  readonly defect: string;
  /** `absent`: not run, or what it does wrong is refused, or what runs here is not as the service in just this. */
  readonly verdict: 'killed' | 'survived' | 'absent';
  /** `<scenario>: <check>` of each check that noticed. */
  readonly killedBy: readonly string[];
  readonly seed: number;
}

export interface RunMutantsOptions {
  readonly harness: Harness;
  readonly mutants: readonly Mutant[];
  readonly scenarios: readonly Scenario[];
  readonly seed: number;
  readonly scale?: number;
  readonly onEnd?: (report: MutantReport) => void;
}

/** Findings that are no check's: a scenario that crashed, hung, or had too little to show says nothing about what is wrong. */
const noCheck = new Set([
  'error',
  'time',
  'waits',
  'consumers',
  'enough traffic',
  'enough failures',
  'enough churn',
  'in the middle of work',
  'stopped in the middle',
  'long indeed',
  'the fault bit',
  'traffic during the fault',
]);

/** The wrong versions that a provider can have, then those that it alone can have. */
export async function mutantsOf(harness: Harness): Promise<readonly Mutant[]> {
  const capabilities = await capabilitiesOf(harness);
  const general = everywhere.filter(
    ({ exists, inOneProcess }) =>
      (exists?.(capabilities) ?? true) && (inOneProcess !== true || harness.worker === undefined),
  );
  return [...general, ...(harness.mutants ?? [])];
}

/** Runs each mutant through its scenarios. A mutant is killed only by a named check, not by a scenario that breaks down. */
export async function runMutants(options: RunMutantsOptions): Promise<MutantReport[]> {
  const { harness, seed, scale = 0.2 } = options;
  const reports: MutantReport[] = [];
  for (const mutant of options.mutants) {
    const scenarios = options.scenarios.filter(({ id }) => mutant.scenarios.includes(id));
    const killedBy: string[] = [];
    let ran = 0;
    for (const scenario of scenarios) {
      const [report] = await runScenarios({
        harness: mutant.harness?.(harness) ?? harness,
        scenarios: [scenario],
        seed,
        scale,
        distortion: { ...mutant.distort(harness), mutant: mutant.name },
      });
      if (report === undefined || report.verdict === 'refused' || report.verdict === 'differs') continue;
      ran++;
      killedBy.push(...noticed(report));
    }
    const verdict = killedBy.length > 0 ? 'killed' : ran > 0 && !isDifferent(mutant, harness) ? 'survived' : 'absent';
    const report: MutantReport = { mutant: mutant.name, defect: mutant.defect, verdict, killedBy, seed };
    options.onEnd?.(report);
    reports.push(report);
  }
  return reports;
}

function isDifferent({ name }: Mutant, { differences = [] }: Harness): boolean {
  return differences.some((each) => typeof each !== 'string' && each.mutants?.includes(name) === true);
}

function noticed({ scenario, failures }: ScenarioReport): string[] {
  const checks = Object.keys(failures).filter((check) => !noCheck.has(check) && !check.startsWith('close: '));
  return checks.map((check) => `${scenario}: ${check}`);
}
