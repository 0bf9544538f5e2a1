export { createPrometheus, type OtherRegistry, type PrometheusExporter, type PrometheusOptions } from './exporter.ts';
export { prometheusMetrics } from './table.ts';
