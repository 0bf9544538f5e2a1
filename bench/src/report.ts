import { cpus } from 'node:os';
import type { Goal, Row } from './row.ts';
import type { Spread } from './spread.ts';

/** Everything that one run says. */
export interface Report {
  readonly provider: string;
  readonly broker: string;
  readonly node: string;
  readonly cpus: number;
  readonly rounds: number;
  readonly quick: boolean;
  readonly notes: readonly string[];
  readonly rows: readonly Row[];
}

export function createReport(input: Omit<Report, 'node' | 'cpus'>): Report {
  return { ...input, node: process.version, cpus: cpus().length };
}

/** For people: a line a figure, min / median / max. */
export function table({ provider, broker, node, cpus: cores, rounds, quick, notes, rows }: Report): string {
  const head = [
    '',
    'unit',
    'reference',
    'reference: min / median / max',
    'isostream: min / median / max',
    'ratio',
    'goal',
    '',
  ];
  const lines = rows.map((row) => [
    row.measurement,
    row.unit,
    row.against ?? '',
    figures(row.reference),
    figures(row.isostream),
    row.ratio === undefined ? '' : figures(row.ratio),
    goalText(row.goal),
    row.met === undefined ? '' : row.met ? 'met' : 'MISSED',
  ]);
  const widths = head.map((_, column) => Math.max(...[head, ...lines].map((line) => line[column]?.length ?? 0)));
  const print = (line: readonly string[]): string =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  const setting = `${provider}: ${broker}; Node ${node}, ${cores} CPUs; ${rounds} alternating rounds after a warm-up${quick ? ', a tenth of the load' : ''}`;
  return [setting, ...notes, '', print(head), ...lines.map(print)].join('\n');
}

function figures(spread: Spread | undefined): string {
  return spread === undefined ? '' : [spread.min, spread.median, spread.max].map(short).join(' / ');
}

/** Three digits that matter; whole numbers from a hundred on. */
function short(value: number): string {
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en');
  return value === 0 ? '0' : value.toFixed(Math.abs(value) >= 10 ? 1 : 2);
}

function goalText(goal: Goal | undefined): string {
  if (goal === undefined) return '';
  if ('atLeast' in goal) return `≥ ${goal.atLeast}`;
  if ('atMost' in goal) return `≤ ${goal.atMost}`;
  return `1 ± ${goal.within}`;
}
