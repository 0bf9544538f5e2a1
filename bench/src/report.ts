import { type Environment, environment } from './environment.ts';
import type { Goal, Row } from './row.ts';
import type { Spread } from './spread.ts';

/** Everything that one run says. */
export interface Report {
  readonly provider: string;
  readonly broker: string;
  readonly environment: Environment;
  readonly rounds: number;
  readonly quick: boolean;
  readonly notes: readonly string[];
  readonly rows: readonly Row[];
}

export function createReport({
  clients,
  ...input
}: Omit<Report, 'environment'> & { readonly clients: readonly string[] }): Report {
  return { ...input, environment: environment(clients) };
}

/** For people: a line a figure, min / median / max. */
export function table({ notes, rows, ...report }: Report): string {
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
  return [settingOf(report), ...notes, '', print(head), ...lines.map(print)].join('\n');
}

/** One line: where and how it was measured. */
export function settingOf({
  provider,
  broker,
  rounds,
  quick,
  environment: { node, cpus, processor, memoryGb, clients },
}: Omit<Report, 'notes' | 'rows'>): string {
  const versions = Object.entries(clients).map(([name, version]) => `${name} ${version}`);
  const machine = `${cpus} CPUs (${processor}), ${memoryGb} GB`;
  const load = quick ? ', a tenth of the load' : '';
  return `${provider}: ${[broker, ...versions, `Node.js ${node}`, machine].join(', ')}; ${rounds === 1 ? 'one run' : `${rounds} alternating rounds after a warm-up`}${load}`;
}

export function figures(spread: Spread | undefined): string {
  return spread === undefined ? '' : [spread.min, spread.median, spread.max].map(short).join(' / ');
}

/** Three digits that matter; whole numbers from a hundred on. */
export function short(value: number): string {
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en');
  return value === 0 ? '0' : value.toFixed(Math.abs(value) >= 10 ? 1 : 2);
}

export function goalText(goal: Goal | undefined): string {
  if (goal === undefined) return '';
  if ('atLeast' in goal) return `≥ ${goal.atLeast}`;
  if ('atMost' in goal) return `≤ ${goal.atMost}`;
  return `1 ± ${goal.within}`;
}
