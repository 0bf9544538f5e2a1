const durations = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000, ms: 1 };
const sizes = { gb: 1_073_741_824, mb: 1_048_576, kb: 1_024, b: 1 };

/** A duration as a declaration would have it, exactly: `7d`, `36h`. */
export function shownDuration(ms: number): string {
  return exactly(ms, durations);
}

/** A size as a declaration would have it, exactly: `1mb`. */
export function shownSize(bytes: number): string {
  return exactly(bytes, sizes);
}

/** In the largest unit that leaves no rest. */
function exactly(value: number, units: Readonly<Record<string, number>>): string {
  const [unit, size] = Object.entries(units).find(([, each]) => value !== 0 && value % each === 0) ?? ['', 1];
  return `${value / size}${unit}`;
}
