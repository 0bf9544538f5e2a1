/** What several rounds of one measurement showed. */
export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

/** Throws `RangeError` without a value: a figure that nobody measured must not look like one. */
export function spreadOf(values: readonly number[]): Spread {
  if (values.length === 0) throw new RangeError('no values were measured');
  return { min: Math.min(...values), median: percentile(values, 50), max: Math.max(...values) };
}

/** The smallest value that at least this percentage of the values does not exceed (nearest rank). */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? Number.NaN;
}
