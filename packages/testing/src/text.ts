import { inspect } from 'node:util';

/** So many of many are shown. */
const shownAtMost = 10;

/** Values for a message: a single one as it is, several one to a line. */
export function described(values: readonly unknown[], what: 'expected' | 'event' | 'dead letter'): string {
  const text = (value: unknown): string =>
    typeof value === 'function' ? 'what the function accepts' : inspect(value, { depth: 5, breakLength: 120 });
  if (values.length === 0) return `no ${what}`;
  if (what === 'expected' || (values.length === 1 && typeof values[0] !== 'object')) return values.map(text).join();
  const rest = values.length > shownAtMost ? [`… and ${values.length - shownAtMost} more`] : [];
  const lines = [...values.slice(0, shownAtMost).map(text), ...rest];
  return `${values.length} ${what}${values.length === 1 ? '' : 's'}:\n${lines.map((line) => `  ${line}`).join('\n')}`;
}
