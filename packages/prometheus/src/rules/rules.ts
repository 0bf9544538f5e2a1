import { alerts, spelled, type Spelling } from './alerts.ts';

const runbook = 'https://github.com/isostream/isostream/blob/main/docs/production.md#alerts';

/** A file of alerting rules for Prometheus, as YAML: JSON is that as well. */
export function alertingRules(spelling: Spelling = 'collector'): string {
  const rules = alerts.map(({ name, expression, for: time, severity, summary }) => ({
    alert: name,
    expr: expression(spelled(spelling)),
    for: time,
    labels: { severity },
    annotations: { summary, runbook_url: runbook },
  }));
  return `${JSON.stringify({ groups: [{ name: 'isostream', rules }] }, undefined, 2)}\n`;
}

/** Tests of these rules for `promtool test rules`: each alert fires on one history and is quiet on another. */
export function alertingRulesTest(rulesFile: string, spelling: Spelling = 'collector'): string {
  const all: Readonly<Record<string, string>> = {
    messaging_destination_name: 'orders',
    messaging_consumer_group_name: 'billing',
    instance: 'pod-1',
    job: 'billing',
  };
  const tests = alerts.flatMap(({ name, by, severity, summary, fires, quiet }) =>
    [fires, quiet].map((given) => ({
      name: `${name} ${given === fires ? 'fires' : 'is quiet'}`,
      interval: '1m',
      input_series: given.map(({ metric, values, labels }) => {
        const shown = Object.entries({ ...all, ...labels }).map(([label, value]) => `${label}="${value}"`);
        return { series: `${spelled(spelling)(metric)}{${shown.join(',')}}`, values };
      }),
      alert_rule_test: [
        {
          eval_time: '30m',
          alertname: name,
          exp_alerts:
            given === fires
              ? [
                  {
                    exp_labels: { severity, ...Object.fromEntries(by.map((label) => [label, all[label]])) },
                    exp_annotations: { summary, runbook_url: runbook },
                  },
                ]
              : [],
        },
      ],
    })),
  );
  const file = { rule_files: [rulesFile], evaluation_interval: '1m', tests };
  return `${JSON.stringify(file, undefined, 2)}\n`;
}
