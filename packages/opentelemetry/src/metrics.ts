import type { Streams } from '@isostream/core';
import { durationBuckets, Meter, metricTable, type Labels, type Metric } from '@isostream/core/metrics';
import { type Attributes, type HrTime, ValueType } from '@opentelemetry/api';
import { systemName } from './names.ts';

export interface MetricsOptions {
  /** Asks the service for the lag of each group that a consumer here is in, at most every 15 s. Default true. */
  readonly lag?: boolean;
}

/** One metric as the SDK's readers take it: the numbers are those of its enumerations. */
export type ProducedMetric =
  | (Produced & { dataPointType: 2; dataPoints: ProducedPoint<number>[] })
  | (Produced & { dataPointType: 3; dataPoints: ProducedPoint<number>[]; isMonotonic: boolean })
  | (Produced & { dataPointType: 0; dataPoints: ProducedPoint<ProducedHistogram>[] });

interface Produced {
  readonly descriptor: {
    readonly name: string;
    readonly description: string;
    readonly unit: string;
    readonly valueType: ValueType;
  };
  /** Since the beginning. */
  readonly aggregationTemporality: 1;
}

export interface ProducedPoint<Value> {
  readonly startTime: HrTime;
  readonly endTime: HrTime;
  readonly attributes: Attributes;
  readonly value: Value;
}

export interface ProducedHistogram {
  buckets: { boundaries: number[]; counts: number[] };
  sum: number;
  count: number;
}

/** What a metric reader of the SDK takes as one of its `metricProducers`. */
export interface Metrics {
  /** Metrics hold the state of this client from now on; what is counted is counted for all clients of the process. */
  watch(streams: Streams): void;
  collect(): Promise<{
    resourceMetrics: {
      resource: ProducedResource;
      scopeMetrics: { scope: { name: string }; metrics: ProducedMetric[] }[];
    };
    errors: unknown[];
  }>;
  /** Counts no more. */
  close(): void;
}

/** None of its own: the reader has that of its provider. */
export interface ProducedResource {
  readonly attributes: Record<string, never>;
  merge(other: ProducedResource | null): ProducedResource;
  getRawAttributes(): [];
}

const resource: ProducedResource = {
  attributes: {},
  merge: (other) => other ?? resource,
  getRawAttributes: () => [],
};

const scope = { name: '@isostream/opentelemetry' };

/**
 * Metrics for a reader of the OpenTelemetry SDK: `new PeriodicExportingMetricReader({ exporter, metricProducers: [metrics()] })`. Events
 * are counted in this process, from the call on, and read when the reader collects: no instrument is called per event.
 */
export function metrics({ lag = true }: MetricsOptions = {}): Metrics {
  const meter = new Meter();
  const startTime = timeNow();
  return {
    watch: (streams) => meter.watch(streams, lag),
    async collect() {
      const endTime = timeNow();
      const metricsNow = await meter.collect();
      const attributes = (labels: Labels): Attributes => attributesOf(labels, meter.providerOf(labels));
      const produced = metricsNow.map((metric) => produce(metric, { startTime, endTime }, attributes));
      return { resourceMetrics: { resource, scopeMetrics: [{ scope, metrics: produced }] }, errors: [] };
    },
    close: () => meter.close(),
  };
}

function produce(
  metric: Metric,
  times: Pick<ProducedPoint<unknown>, 'startTime' | 'endTime'>,
  attributes: (labels: Labels) => Attributes,
): ProducedMetric {
  const { name } = metric;
  const { unit, help: description } = metricTable[name];
  const common: Produced = {
    descriptor: { name, description, unit, valueType: ValueType.DOUBLE },
    aggregationTemporality: 1,
  };
  if (metric.kind === 'histogram') {
    const dataPoints = metric.points.map(({ labels, value: { counts, sum, count } }) => ({
      ...times,
      attributes: attributes(labels),
      value: { buckets: { boundaries: [...durationBuckets], counts: [...counts] }, sum, count },
    }));
    return { ...common, dataPointType: 0, dataPoints };
  }
  const dataPoints = metric.points.map(({ labels, value }) => ({ ...times, attributes: attributes(labels), value }));
  if (metric.kind === 'gauge') return { ...common, dataPointType: 2, dataPoints };
  return { ...common, dataPointType: 3, dataPoints, isMonotonic: true };
}

function attributesOf(labels: Labels, provider: string | undefined): Attributes {
  const { provider: _, ...rest } = labels;
  const known = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
  return provider === undefined ? known : { 'messaging.system.name': systemName(provider), ...known };
}

function timeNow(): HrTime {
  const ms = Date.now();
  return [Math.floor(ms / 1_000), (ms % 1_000) * 1_000_000];
}
