import { type ReportDocument, totals } from './document.ts';

/** One annotation for each failed scenario: GitHub Actions shows them beside the run. */
export function githubAnnotations({ provider, seed, scenarios }: ReportDocument): readonly string[] {
  return scenarios
    .filter(({ verdict }) => verdict === 'failed')
    .map(({ scenario, clause, title, failures }) => {
      const found = Object.entries(failures).flatMap(([check, findings]) =>
        findings.map((finding) => `${check}: ${finding}`),
      );
      const message = [`${title} (${provider}, seed ${seed})`, ...found].join('\n');
      return `::error title=${escaped(`${scenario} ${clause}`).replaceAll(':', '%3A').replaceAll(',', '%2C')}::${escaped(message)}`;
    });
}

/** The run as Markdown, for the step summary. */
export function githubSummary(report: ReportDocument): string {
  const { provider, broker, seed, scenarios, notRun } = report;
  const figures = totals(report);
  const failed = scenarios.filter(({ verdict }) => verdict === 'failed');
  return [
    `### ${figures.failed === 0 ? '✅' : '❌'} ${provider} (${broker})`,
    '',
    `${figures.passed + figures.refused} passed, ${figures.failed} failed, ${figures.differs} not as the service, ${figures['not run']} not run; seed ${seed}`,
    ...(failed.length === 0 ? [] : ['', '| scenario | clause | what failed |', '| --- | --- | --- |']),
    ...failed.map(
      ({ scenario, clause, title, failures }) =>
        `| ${scenario} | ${clause} | ${cell(title)}: ${cell(Object.values(failures).flat()[0] ?? '')} |`,
    ),
    ...(notRun.length === 0
      ? []
      : ['', `Not run: ${notRun.map(({ scenario, why }) => `${scenario} (${cell(why)})`).join(', ')}`]),
    '',
  ].join('\n');
}

function escaped(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function cell(text: string): string {
  return text
    .replaceAll(/[\r\n]+/g, ' ')
    .replaceAll('|', '\\|')
    .replaceAll('<', '&lt;');
}
