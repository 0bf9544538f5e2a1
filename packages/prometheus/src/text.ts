import {
  durationBuckets,
  metricTable,
  prometheusName,
  type Histogram,
  type Labels,
  type Metric,
  type Point,
} from '@isostream/core/metrics';

/** In the text format of Prometheus. */
export function textOf(metrics: readonly Metric[]): string {
  return metrics.map(textOfMetric).join('');
}

function textOfMetric(metric: Metric): string {
  const name = prometheusName(metric.name);
  const { kind, help } = metricTable[metric.name];
  const lines = metric.kind === 'histogram' ? histograms(name, metric.points) : numbers(name, metric.points);
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${kind}`, ...lines, ''].join('\n');
}

function numbers(name: string, points: readonly Point<number>[]): readonly string[] {
  return points.map(({ labels, value }) => `${name}{${labelsOf(labels)}} ${value}`);
}

function histograms(name: string, points: readonly Point<Histogram>[]): readonly string[] {
  return points.flatMap(({ labels, value: { counts, sum, count } }) => {
    const text = labelsOf(labels);
    let below = 0;
    const buckets = durationBuckets.map((bound, index) => {
      below += counts[index] ?? 0;
      return `${name}_bucket{${text},le="${bound}"} ${below}`;
    });
    return [
      ...buckets,
      `${name}_bucket{${text},le="+Inf"} ${count}`,
      `${name}_sum{${text}} ${sum}`,
      `${name}_count{${text}} ${count}`,
    ];
  });
}

/** Labels as they stand between the braces; one without a value is left out. */
function labelsOf(labels: Labels): string {
  return Object.entries(labels)
    .flatMap(([name, value]) => (value === undefined ? [] : [`${name.replaceAll('.', '_')}="${escaped(value)}"`]))
    .join(',');
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
