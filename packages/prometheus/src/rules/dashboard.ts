import type { MetricName } from '@isostream/core/metrics';
import { groupLabel, spelled, topicLabel, type Spelling } from './alerts.ts';

/** One panel: a title, a unit that Grafana knows, and its query. */
export interface Panel {
  readonly title: string;
  readonly unit: string;
  readonly legend: string;
  readonly expression: (name: (metric: MetricName) => string) => string;
}

const group = `{{${topicLabel}}} {{${groupLabel}}}`;
const byGroup = `by (${topicLabel}, ${groupLabel})`;
const window = '[$__rate_interval]';

export const panels: readonly Panel[] = [
  gauge('Lag, events', 'short', 'isostream.consumer.lag'),
  gauge('Lag, age of the oldest event', 's', 'isostream.consumer.lag.time'),
  rate('Attempts per second', 'messaging.client.consumed.messages'),
  {
    title: 'Duration of attempts, 95th percentile',
    unit: 's',
    legend: group,
    expression: (name) =>
      `histogram_quantile(0.95, sum by (${topicLabel}, ${groupLabel}, le) (rate(${name('messaging.process.duration')}_bucket${window})))`,
  },
  rate('Retries per second', 'isostream.consumer.retries'),
  rate('Dead letters per second', 'isostream.consumer.dead_letters'),
  sum('Events in flight', 'isostream.consumer.in_flight'),
  sum('Partitions held', 'isostream.consumer.assignments'),
  gauge('Oldest running handler', 's', 'isostream.consumer.handler.oldest'),
  rate('Partitions that change hands per second', 'isostream.consumer.assignment.changes'),
  {
    title: 'Events sent per second',
    unit: 'short',
    legend: `{{${topicLabel}}} {{error_type}}`,
    expression: (name) =>
      `sum by (${topicLabel}, error_type) (rate(${name('messaging.client.sent.messages')}${window}))`,
  },
  {
    title: 'Duration of writes, 95th percentile',
    unit: 's',
    legend: `{{${topicLabel}}}`,
    expression: (name) =>
      `histogram_quantile(0.95, sum by (${topicLabel}, le) (rate(${name('messaging.client.operation.duration')}_bucket${window})))`,
  },
  {
    title: 'Events buffered by producers',
    unit: 'short',
    legend: `{{${topicLabel}}}`,
    expression: (name) => `sum by (${topicLabel}) (${name('isostream.producer.buffered')})`,
  },
  {
    title: 'Ready clients',
    unit: 'short',
    legend: '{{instance}}',
    expression: (name) => `sum by (instance) (${name('isostream.ready')})`,
  },
];

/** A dashboard for Grafana, as JSON to import. */
export function grafanaDashboard(spelling: Spelling = 'collector'): string {
  const datasource = { type: 'prometheus', uid: '$datasource' };
  const dashboard = {
    title: 'isostream',
    uid: `isostream-${spelling}`,
    schemaVersion: 39,
    editable: true,
    refresh: '30s',
    time: { from: 'now-1h', to: 'now' },
    templating: { list: [{ name: 'datasource', type: 'datasource', query: 'prometheus', label: 'Data source' }] },
    panels: panels.map(({ title, unit, legend, expression }, index) => ({
      id: index + 1,
      type: 'timeseries',
      title,
      datasource,
      gridPos: { h: 8, w: 12, x: (index % 2) * 12, y: Math.floor(index / 2) * 8 },
      fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
      targets: [{ refId: 'A', datasource, expr: expression(spelled(spelling)), legendFormat: legend }],
    })),
  };
  return `${JSON.stringify(dashboard, undefined, 2)}\n`;
}

/** Every member of a group tells the same: the greatest counts. */
function gauge(title: string, unit: string, metric: MetricName): Panel {
  return { title, unit, legend: group, expression: (name) => `max ${byGroup} (${name(metric)})` };
}

function sum(title: string, metric: MetricName): Panel {
  return { title, unit: 'short', legend: group, expression: (name) => `sum ${byGroup} (${name(metric)})` };
}

function rate(title: string, metric: MetricName): Panel {
  return {
    title,
    unit: 'short',
    legend: group,
    expression: (name) => `sum ${byGroup} (rate(${name(metric)}${window}))`,
  };
}
