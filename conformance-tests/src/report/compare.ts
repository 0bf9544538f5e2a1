import type { ReportDocument } from './document.ts';

/** One scenario that ended otherwise in the second run. */
export interface Change {
  readonly scenario: string;
  readonly clause: string;
  readonly title: string;
  readonly before: string;
  readonly after: string;
  /** It was right and is not any more, or is not proven any more. */
  readonly isWorse: boolean;
}

const right = new Set(['passed', 'refused']);

/** What changed from one run to another, of two versions or of two providers; in the order of the second. */
export function compareReports(before: ReportDocument, after: ReportDocument): readonly Change[] {
  const [old, now] = [verdicts(before), verdicts(after)];
  return [...new Map([...now, ...old])].flatMap(([scenario, { clause, title }]) => {
    const [was, is] = [old.get(scenario)?.verdict ?? 'absent', now.get(scenario)?.verdict ?? 'absent'];
    return was === is
      ? []
      : [
          {
            scenario,
            clause,
            title,
            before: was,
            after: is,
            isWorse: is === 'failed' || (right.has(was) && !right.has(is)),
          },
        ];
  });
}

interface Verdict {
  readonly clause: string;
  readonly title: string;
  readonly verdict: string;
}

function verdicts({ scenarios, notRun }: ReportDocument): Map<string, Verdict> {
  const all = new Map<string, Verdict>(notRun.map((each) => [each.scenario, { ...each, verdict: 'not run' }]));
  for (const { scenario, clause, title, verdict } of scenarios) {
    // Of several rounds the one that failed counts.
    if (all.get(scenario)?.verdict !== 'failed') all.set(scenario, { clause, title, verdict });
  }
  return all;
}
