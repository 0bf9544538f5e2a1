import { durationBuckets, metricTable, type MetricName } from './table.ts';

export type Labels = Readonly<Record<string, string | undefined>>;

interface Histogram {
  readonly counts: number[];
  sum: number;
  count: number;
}

/** Values by metric and labels, and their text. */
export class Series {
  readonly #values = new Map<MetricName, Map<string, number>>();
  readonly #histograms = new Map<MetricName, Map<string, Histogram>>();

  add(name: MetricName, labels: Labels, value = 1): void {
    const all = at(this.#values, name, () => new Map<string, number>());
    const key = textOf(labels);
    all.set(key, (all.get(key) ?? 0) + value);
  }

  /** One more duration, by the labels as `textOf` puts them. */
  observe(name: MetricName, labels: string, seconds: number): void {
    const all = at(this.#histograms, name, () => new Map<string, Histogram>());
    const histogram = at(all, labels, () => ({ counts: durationBuckets.map(() => 0), sum: 0, count: 0 }));
    histogram.sum += seconds;
    histogram.count++;
    const bucket = durationBuckets.findIndex((bound) => seconds <= bound);
    if (bucket >= 0) histogram.counts[bucket] = (histogram.counts[bucket] ?? 0) + 1;
  }

  /** In the text format of Prometheus; what has no value is left out. */
  text(): string {
    const lines: string[] = [];
    for (const [name, { kind, help }] of Object.entries(metricTable)) {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of the table are its names
      const own = this.#lines(name as MetricName);
      if (own.length > 0) lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${kind}`, ...own);
    }
    return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
  }

  #lines(name: MetricName): readonly string[] {
    const values = [...(this.#values.get(name) ?? [])].map(([labels, value]) => `${name}{${labels}} ${value}`);
    const histograms = [...(this.#histograms.get(name) ?? [])].flatMap(([labels, { counts, sum, count }]) => {
      let below = 0;
      const buckets = durationBuckets.map((bound, index) => {
        below += counts[index] ?? 0;
        return `${name}_bucket{${labels},le="${bound}"} ${below}`;
      });
      return [
        ...buckets,
        `${name}_bucket{${labels},le="+Inf"} ${count}`,
        `${name}_sum{${labels}} ${sum}`,
        `${name}_count{${labels}} ${count}`,
      ];
    });
    return [...values, ...histograms];
  }
}

/** Labels as they stand between the braces; one without a value is left out. */
export function textOf(labels: Labels): string {
  return Object.entries(labels)
    .flatMap(([name, value]) => (value === undefined ? [] : [`${name}="${escaped(value)}"`]))
    .join(',');
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

function at<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
}
