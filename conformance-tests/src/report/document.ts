import type { Explanation } from './explain.ts';
import type { ScenarioReport } from '../run/runner.ts';
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
  /** When the run began, RFC 3339. */
  readonly date: string;
  /** What to run to repeat it. */
  readonly command: string;
  readonly seed: number;
  readonly versions: { readonly isostream: string; readonly node: string };
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
  if (typeof value !== 'object' || value === null) return false;
  const report: Partial<Record<keyof ReportDocument, unknown>> = value;
  return report.format === 'isostream-conformance' && report.version === 1 && Array.isArray(report.scenarios);
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
