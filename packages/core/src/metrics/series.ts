import { durationBuckets, type MetricName } from './table.ts';

/** Names of labels as OpenTelemetry writes them; one without a value is left out. */
export type Labels = Readonly<Record<string, string | undefined>>;

/** Durations, in seconds: how many are in each bucket, the last of them above all bounds. */
export interface Histogram {
  readonly counts: number[];
  sum: number;
  count: number;
}

export interface Point<Value> {
  readonly labels: Labels;
  readonly value: Value;
}

/** Values by metric and labels. */
export class Series {
  readonly #numbers = new Map<MetricName, Map<string, { readonly labels: Labels; value: number }>>();
  readonly #histograms = new Map<MetricName, Map<string, Point<Histogram>>>();

  add(name: MetricName, labels: Labels, value = 1): void {
    const all = at(this.#numbers, name, () => new Map<string, { readonly labels: Labels; value: number }>());
    at(all, textOf(labels), () => ({ labels, value: 0 })).value += value;
  }

  /** The durations with these labels: whoever keeps it adds to it without a search. */
  histogram(name: MetricName, labels: Labels): Histogram {
    const all = at(this.#histograms, name, () => new Map<string, Point<Histogram>>());
    return at(all, textOf(labels), () => ({ labels, value: emptyHistogram() })).value;
  }

  numbers(name: MetricName): readonly Point<number>[] {
    return [...(this.#numbers.get(name)?.values() ?? [])];
  }

  histograms(name: MetricName): readonly Point<Histogram>[] {
    return [...(this.#histograms.get(name)?.values() ?? [])];
  }
}

/** One more duration. */
export function record(histogram: Histogram, seconds: number): void {
  histogram.sum += seconds;
  histogram.count++;
  let bucket = 0;
  while (bucket < durationBuckets.length && seconds > (durationBuckets[bucket] ?? Infinity)) bucket++;
  histogram.counts[bucket] = (histogram.counts[bucket] ?? 0) + 1;
}

function emptyHistogram(): Histogram {
  return { counts: Array.from({ length: durationBuckets.length + 1 }, () => 0), sum: 0, count: 0 };
}

function textOf(labels: Labels): string {
  return Object.values(labels).join('\n');
}

function at<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
}
