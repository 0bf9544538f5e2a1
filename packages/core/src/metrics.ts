/** Counting, for packages that report metrics: `@isostream/prometheus` and `@isostream/opentelemetry`. */
export { Meter, type Metric } from './metrics/meter.ts';
export type { Histogram, Labels, Point } from './metrics/series.ts';
export {
  durationBuckets,
  metricNames,
  metricTable,
  prometheusName,
  type MetricName,
  type MetricSpec,
} from './metrics/table.ts';
