/** A number of things, with commas. */
export function humanCount(count: number): string {
  return Math.round(count).toLocaleString('en-US');
}

/** A span of time in its two largest units: `2h 10m`, `4.2s`, `120ms`. */
export function humanDuration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)}ms`;
  if (ms < 10_000) return `${(ms / 1_000).toFixed(1)}s`;
  const seconds = Math.round(ms / 1_000);
  const parts: readonly (readonly [number, string])[] = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3_600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'm'],
    [seconds % 60, 's'],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count}${unit}`)
    .join(' ');
}

/** Events per second. */
export function humanRate(rate: number): string {
  if (rate !== 0 && Math.abs(rate) < 10) return `${rate.toFixed(1)}/s`;
  return `${humanCount(rate)}/s`;
}
