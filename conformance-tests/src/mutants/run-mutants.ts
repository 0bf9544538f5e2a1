import type { Entry } from '../history/entry.ts';
import { capabilitiesOf, runScenarios, type ScenarioReport } from '../run/runner.ts';
import type { Scenario } from '../run/scenario.ts';
import type { Distortion } from './distortion.ts';
import type { Harness } from '../suites/harness.ts';
import type { Mutant } from './mutant.ts';
import { mutants as everywhere } from './mutants.ts';

export interface MutantReport {
  readonly mutant: string;
  readonly defect: string;
  /**
   * `absent`: not run, or what it does wrong is refused, or what runs here is not as the service in just this.
   * `unproven`: the right version failed as well, so nothing is said about the wrong one; an error of the run.
   */
  readonly verdict: 'killed' | 'survived' | 'absent' | 'unproven';
  /** `<scenario>: <check>` of each check that noticed and was there to notice: `noticedBy` of the mutant. */
  readonly killedBy: readonly string[];
  /** What else failed, which kills nothing: guards, waits, checks of something else. */
  readonly alsoFailed: readonly string[];
  /** `<scenario>: <check>: <finding>` where the right version failed. */
  readonly controlFailed: readonly string[];
  readonly seed: number;
}

export interface RunMutantsOptions {
  readonly harness: Harness;
  readonly mutants: readonly Mutant[];
  readonly scenarios: readonly Scenario[];
  readonly seed: number;
  readonly scale?: number;
  readonly onEnd?: (report: MutantReport) => void;
  /** Called for each scenario that a wrong version was run through, before `onEnd`. */
  readonly onScenario?: (report: ScenarioReport, entries: readonly Entry[]) => void;
}

/** The wrong versions that a provider can have, then those that it alone can have. */
export async function mutantsOf(harness: Harness): Promise<readonly Mutant[]> {
  const capabilities = await capabilitiesOf(harness);
  const general = everywhere.filter(({ exists }) => exists?.(capabilities) ?? true);
  return [...general, ...(harness.mutants ?? [])];
}

/**
 * Runs each mutant through its scenarios, and the right version through each of these once, with the same seed and scale.
 * A mutant is killed only by a check that is there to notice it and that finds nothing wrong with the right version.
 */
export async function runMutants(options: RunMutantsOptions): Promise<MutantReport[]> {
  const { harness, seed, scale = 0.2 } = options;
  const run = async (scenario: Scenario, on: Harness, distortion?: Distortion): Promise<ScenarioReport | undefined> => {
    const distorted = distortion === undefined ? {} : { distortion };
    const onEnd = distortion === undefined ? undefined : options.onScenario;
    const told = onEnd === undefined ? {} : { onEnd };
    const [report] = await runScenarios({ harness: on, scenarios: [scenario], seed, scale, ...distorted, ...told });
    return report;
  };
  const controls = new Map<string, readonly string[]>();
  const control = async (scenario: Scenario): Promise<readonly string[]> => {
    const known = controls.get(scenario.id);
    if (known !== undefined) return known;
    const report = await run(scenario, harness);
    const failed = report === undefined ? [] : findings(report);
    controls.set(scenario.id, failed);
    return failed;
  };
  const reports: MutantReport[] = [];
  for (const mutant of options.mutants) {
    const scenarios = options.scenarios.filter(({ id }) =>
      mutant.noticedBy.some((check) => check.startsWith(`${id}: `)),
    );
    const failed: string[] = [];
    const controlFailed: string[] = [];
    let ran = 0;
    for (const scenario of scenarios) {
      const distortion = { ...mutant.distort(harness), mutant: mutant.name };
      const report = await run(scenario, mutant.harness?.(harness) ?? harness, distortion);
      if (report === undefined || report.verdict === 'refused' || report.verdict === 'differs') continue;
      ran++;
      failed.push(...Object.keys(report.failures).map((check) => `${report.scenario}: ${check}`));
      controlFailed.push(...(await control(scenario)));
    }
    const killedBy = failed.filter((check) => mutant.noticedBy.includes(check));
    const report: MutantReport = {
      mutant: mutant.name,
      defect: mutant.defect,
      verdict:
        controlFailed.length > 0
          ? 'unproven'
          : killedBy.length > 0
            ? 'killed'
            : ran > 0 && !isDifferent(mutant, harness)
              ? 'survived'
              : 'absent',
      killedBy,
      alsoFailed: failed.filter((check) => !killedBy.includes(check)),
      controlFailed,
      seed,
    };
    options.onEnd?.(report);
    reports.push(report);
  }
  return reports;
}

function isDifferent({ name }: Mutant, { differences = [] }: Harness): boolean {
  return differences.some((each) => typeof each !== 'string' && each.mutants?.includes(name) === true);
}

function findings({ scenario, failures }: ScenarioReport): string[] {
  return Object.entries(failures).flatMap(([check, found]) => found.map((line) => `${scenario}: ${check}: ${line}`));
}
