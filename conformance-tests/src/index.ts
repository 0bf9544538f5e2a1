export type { Check } from './checks/check.ts';
export type { Entry, EntryOf } from './history/entry.ts';
export { cannotRun, runScenarios, type RunOptions, type ScenarioReport } from './run/runner.ts';
export type { Clause, Findings, Scenario } from './run/scenario.ts';
export { scenarios } from './scenarios/index.ts';
export type { Harness } from './suites/harness.ts';
export { mutants } from './mutants/mutants.ts';
export type { Mutant } from './mutants/mutant.ts';
export { type MutantReport, runMutants, type RunMutantsOptions } from './mutants/run-mutants.ts';
