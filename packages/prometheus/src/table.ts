import { metricNames, metricTable as all, prometheusName, type MetricSpec } from '@isostream/core/metrics';

/** Every metric, by its name in Prometheus, which a collector of OpenTelemetry gives it as well. */
export const prometheusMetrics: Readonly<Record<string, Pick<MetricSpec, 'kind' | 'help'>>> = Object.fromEntries(
  metricNames.map((name) => [prometheusName(name), all[name]]),
);
