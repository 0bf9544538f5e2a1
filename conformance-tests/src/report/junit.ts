import type { ReportDocument } from './document.ts';

/** The run as JUnit XML, which CI systems read: a suite for each clause, what was not run as skipped with its reason. */
export function junit({ provider, scenarios, notRun }: ReportDocument): string {
  const clauses = [...new Set([...scenarios, ...notRun].map(({ clause }) => clause))];
  const suites = clauses.map((clause) => {
    const own = scenarios.filter((each) => each.clause === clause);
    const left = notRun.filter((each) => each.clause === clause);
    const cases = [
      ...own.map(({ scenario, title, ms, verdict, failures }) => {
        const head = `    <testcase classname="${text(`${provider}.${clause}`)}" name="${text(`${scenario} ${title}`)}" time="${ms / 1_000}"`;
        if (verdict === 'differs') return `${head}><skipped message="not as the service"/></testcase>`;
        const found = Object.entries(failures).flatMap(([check, findings]) =>
          findings.map((finding) => `${check}: ${finding}`),
        );
        if (verdict !== 'failed') return `${head}/>`;
        return `${head}>\n      <failure message="${text(found[0] ?? 'failed')}">${text(found.join('\n'))}</failure>\n    </testcase>`;
      }),
      ...left.map(
        ({ scenario, title, why }) =>
          `    <testcase classname="${text(`${provider}.${clause}`)}" name="${text(`${scenario} ${title}`)}"><skipped message="${text(why)}"/></testcase>`,
      ),
    ];
    const failed = own.filter(({ verdict }) => verdict === 'failed').length;
    const skipped = left.length + own.filter(({ verdict }) => verdict === 'differs').length;
    const seconds = own.reduce((sum, { ms }) => sum + ms, 0) / 1_000;
    return `  <testsuite name="${text(`${provider} ${clause}`)}" tests="${cases.length}" failures="${failed}" skipped="${skipped}" time="${seconds}">\n${cases.join('\n')}\n  </testsuite>`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="isostream conformance">\n${suites.join('\n')}\n</testsuites>\n`;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\n': '&#10;',
};

/** Text in XML: without the characters that XML 1.0 cannot hold at all. */
function text(value: string): string {
  return value
    .replaceAll(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
    .replaceAll(/[&<>"\n]/g, (found) => entities[found] ?? found);
}
