import { readFileSync } from 'node:fs';
import { parser } from '@prometheus-io/lezer-promql';
import { describe, expect, it } from 'vitest';
import { alertingRules, alerts, grafanaDashboard, panels, spelled } from '../src/rules.ts';

const file = (name: string): string => new URL(`../../../dashboards/${name}`, import.meta.url).pathname;

/** What of a query is no PromQL. */
function mistakes(query: string): readonly string[] {
  const found: string[] = [];
  parser.parse(query).iterate({
    enter({ type, from, to }) {
      if (type.isError) found.push(`${query.slice(0, from)}«${query.slice(from, to)}»${query.slice(to)}`);
    },
  });
  return found;
}

describe.each(['collector', 'sdk'] as const)('in the spelling of the %s', (spelling) => {
  it('the files in dashboards are those that are generated', async () => {
    // Written anew by: npx vitest run --project unit packages/prometheus/test/rules.test.ts -u
    await expect(alertingRules(spelling)).toMatchFileSnapshot(file(`alerts.${spelling}.yml`));
    await expect(grafanaDashboard(spelling)).toMatchFileSnapshot(file(`grafana.${spelling}.json`));
  });

  it('every query is PromQL', () => {
    const queries = [...alerts, ...panels].map(({ expression }) => expression(spelled(spelling)));
    expect(queries.flatMap((query) => mistakes(query.replaceAll('$__rate_interval', '5m')))).toEqual([]);
    expect(mistakes('sum by (a (rate(b[5m]))')).not.toEqual([]);
  });
});

it('names are those of a collector or of the JS exporter', () => {
  expect(spelled('collector')('messaging.process.duration')).toBe('messaging_process_duration_seconds');
  expect(spelled('sdk')('messaging.process.duration')).toBe('messaging_process_duration');
});

it('docs/production.md says for each alert when it fires and what to do', () => {
  const page = readFileSync(new URL('../../../docs/production.md', import.meta.url), 'utf8');
  const rows = [...page.matchAll(/^\| `(Isostream\w+)` +\| (.*?) +\| (.*?) +\| (.*?) +\|$/gm)].map(
    ([, ...cells]) => cells,
  );
  expect(rows).toEqual(alerts.map(({ name, summary, severity, action }) => [name, summary, severity, action]));
});
