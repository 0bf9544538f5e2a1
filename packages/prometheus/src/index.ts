export { createPrometheus, type OtherRegistry, type PrometheusExporter, type PrometheusOptions } from './exporter.ts';
export { metricTable, type MetricName, type MetricSpec } from './table.ts';
