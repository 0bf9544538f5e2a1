import { describe, expect, it } from 'vitest';
import { compareReports } from '../src/report/compare.ts';
import { readReport, type ReportDocument, totals } from '../src/report/document.ts';
import { githubAnnotations, githubSummary } from '../src/report/github.ts';
import { html } from '../src/report/html.ts';
import { junit } from '../src/report/junit.ts';
import type { ScenarioReport } from '../src/run/runner.ts';

function scenario(id: string, verdict: ScenarioReport['verdict'], findings: readonly string[] = []) {
  return {
    provider: 'memory',
    scenario: id,
    clause: 'KEY-ORDER' as const,
    title: `what ${id} promises`,
    verdict,
    seed: 1,
    ms: 1_500,
    counts: { sent: 10 },
    failures: findings.length === 0 ? {} : { 'order per key': findings },
  };
}

function report(scenarios: ReportDocument['scenarios'], notRun: readonly string[] = []): ReportDocument {
  return {
    format: 'isostream-conformance',
    version: 1,
    provider: 'memory',
    broker: 'in this process',
    date: '2026-01-02T03:04:05.000Z',
    command: 'isostream conformance --provider memory --seed 1',
    seed: 1,
    versions: { isostream: '1.0.0', node: '20.19.0' },
    differences: ['it forgets everything'],
    scenarios,
    notRun: notRun.map((id) => ({ scenario: id, clause: 'NO-LOSS', title: id, why: 'it breaks | the service' })),
  };
}

const wrong = report(
  [
    scenario('key-order/one', 'failed', ['k1: 1 after 2', '<b>&"\u0000']),
    scenario('key-order/two', 'passed'),
    scenario('key-order/nine', 'refused'),
  ],
  ['no-loss/three'],
);

describe('a report', () => {
  it('is read back as it was written, and nothing else is taken for one', () => {
    expect(readReport(JSON.parse(JSON.stringify(wrong)))).toEqual(wrong);
    for (const other of [null, [], {}, { ...wrong, version: 2 }, 'report']) expect(readReport(other)).toBeUndefined();
  });

  it('is counted by verdict', () => {
    expect(totals(wrong)).toEqual({ passed: 1, refused: 1, differs: 0, failed: 1, 'not run': 1 });
  });

  it('as JUnit has each scenario, what failed with its findings, what was not run with its reason, and is well-formed', () => {
    const xml = junit(wrong);
    expect(xml.match(/<testcase /g)).toHaveLength(4);
    expect(xml).toContain('<testsuite name="memory KEY-ORDER" tests="3" failures="1" skipped="0" time="4.5">');
    expect(xml).toContain('order per key: k1: 1 after 2&#10;order per key: &lt;b&gt;&amp;&quot;\uFFFD');
    expect(xml).toContain('<skipped message="it breaks | the service"/>');
    expect(xml).not.toContain('\u0000');
  });

  it('as annotations is one line for each failure, and as a summary names what failed and what was not run', () => {
    const [line, ...others] = githubAnnotations(wrong);
    expect(others).toEqual([]);
    expect(line).toBe(
      '::error title=key-order/one KEY-ORDER::what key-order/one promises (memory, seed 1)%0Aorder per key: k1: 1 after 2%0Aorder per key: <b>&"\u0000',
    );
    expect(githubSummary(wrong)).toMatch(
      /❌ memory[\s\S]*2 passed, 1 failed, 0 not as the service, 1 not run[\s\S]*\| key-order\/one \|[\s\S]*no-loss\/three \(it breaks \\\| the service\)/,
    );
  });

  it('as HTML is one file that asks nobody for anything, and in which no finding can become markup', () => {
    const page = html([wrong]);
    expect(page).not.toMatch(/(?:src|href)=|https?:\/\/|@import|import /);
    expect(page).toContain("default-src 'none'");
    expect(page).not.toContain('<b>');
    const data = /<script type="application\/json" id="data">(.*)<\/script>/.exec(page)?.[1] ?? '';
    expect(JSON.parse(data)).toEqual([wrong]);
  });
});

describe('two reports', () => {
  it('that ended alike have no changes', () => {
    expect(compareReports(wrong, wrong)).toEqual([]);
  });

  it('tell what is worse: what fails, what is not proven any more, and not what is mended', () => {
    const before = report([
      scenario('key-order/one', 'failed', ['x']),
      scenario('key-order/two', 'passed'),
      scenario('key-order/three', 'passed'),
      scenario('key-order/nine', 'refused'),
    ]);
    const after = report(
      [
        scenario('key-order/one', 'passed'),
        scenario('key-order/two', 'failed', ['y']),
        scenario('key-order/nine', 'passed'),
        scenario('key-order/ten', 'passed'),
      ],
      ['key-order/three'],
    );
    const changes = Object.fromEntries(compareReports(before, after).map((change) => [change.scenario, change]));
    expect(changes).toMatchObject({
      'key-order/one': { before: 'failed', after: 'passed', isWorse: false },
      'key-order/two': { before: 'passed', after: 'failed', isWorse: true },
      'key-order/three': { before: 'passed', after: 'not run', isWorse: true },
      'key-order/nine': { before: 'refused', after: 'passed', isWorse: false },
      'key-order/ten': { before: 'absent', after: 'passed', isWorse: false },
    });
  });

  it('count a scenario as failed that failed in one of several rounds', () => {
    const twice = report([scenario('key-order/one', 'failed', ['x']), scenario('key-order/one', 'passed')]);
    expect(compareReports(report([scenario('key-order/one', 'passed')]), twice)).toMatchObject([
      { scenario: 'key-order/one', isWorse: true },
    ]);
  });
});
