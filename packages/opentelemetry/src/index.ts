export { tracedBatch } from './batch.ts';
export { metrics, type Metrics, type MetricsOptions } from './metrics.ts';
export type { ProducedHistogram, ProducedMetric, ProducedPoint, ProducedResource } from './metrics.ts';
export { tracing, type TracingOptions } from './tracing.ts';
