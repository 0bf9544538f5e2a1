import type { Explanation } from './explain.ts';
import type { ScenarioReport } from '../run/runner.ts';
import type { MutantReport } from '../mutants/run-mutants.ts';
import type { Timeline } from './timeline.ts';

/** One run of the suite on one provider: all that is needed to judge it later. */
export interface ReportDocument {
  readonly format: 'isostream-conformance';
  readonly version: 1;
  readonly provider: string;
  /** What was tested, as the suite found it, such as `Apache Kafka 4.3.1`. */
  readonly broker: string;
  /** What ran is an emulator: what it shows is to be shown on the service as well. */
  readonly emulator?: boolean;
  /** A wrong version of the provider: what it is called, and what is wrong with it. It has to fail. */
  readonly mutant?: { readonly name: string; readonly defect: string; readonly verdict: MutantReport['verdict'] };
  /** When the run began, RFC 3339. */
  readonly date: string;
  /** What to run to repeat it, without secrets. */
  readonly command: string;
  readonly seed: number;
  readonly versions: {
    readonly isostream: string;
    readonly node: string;
    /** Of the folder in which it ran, where that is a Git repository; with `+` where it had changes. */
    readonly commit?: string;
    /** The clients that the adapter stands on. */
    readonly clients?: readonly string[];
  };
  /** What is known of an emulator that is not as its service. */
  readonly differences: readonly string[];
  readonly scenarios: readonly (ScenarioReport & {
    readonly timeline?: Timeline;
    /** Findings in a sentence, where more is known than they say. */
    readonly explained?: readonly Explanation[];
  })[];
  readonly notRun: readonly {
    readonly scenario: string;
    readonly clause: string;
    readonly title: string;
    readonly why: string;
  }[];
}

/** Reads a report as `JSON.parse` returns it; `undefined` for anything else. */
export function readReport(value: unknown): ReportDocument | undefined {
  return isReport(value) ? value : undefined;
}

function isReport(value: unknown): value is ReportDocument {
  return reportProblem(value) === undefined;
}

/** Why this, as `JSON.parse` returns it, is not a report that this version can read, for people; `undefined` where it is one. */
export function reportProblem(value: unknown): string | undefined {
  if (!isRecord(value)) return 'it is not a report';
  if (value['format'] !== 'isostream-conformance')
    return Array.isArray(value['mutants'])
      ? 'it is what wrong versions did, which --mutants wrote, and not a run of the suite'
      : 'it is not a report';
  if (value['version'] !== 1)
    return `it has version ${JSON.stringify(value['version'])} of the format, and this isostream reads version 1`;
  const { provider, broker, versions, scenarios, notRun, differences } = value;
  const isWhole =
    typeof provider === 'string' &&
    typeof broker === 'string' &&
    isRecord(versions) &&
    [scenarios, notRun].every((list) => Array.isArray(list) && list.every(isOutcome)) &&
    Array.isArray(differences);
  return isWhole ? undefined : 'it is a report of which parts are missing';
}

function isOutcome(value: unknown): boolean {
  return isRecord(value) && ['scenario', 'clause', 'title'].every((name) => typeof value[name] === 'string');
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** How a run ended, in figures. */
export function totals({
  scenarios,
  notRun,
}: ReportDocument): Readonly<Record<ScenarioReport['verdict'] | 'not run', number>> {
  const count = (verdict: ScenarioReport['verdict']): number =>
    scenarios.filter((each) => each.verdict === verdict).length;
  return {
    passed: count('passed'),
    refused: count('refused'),
    differs: count('differs'),
    failed: count('failed'),
    'not run': notRun.length,
  };
}
