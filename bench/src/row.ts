import { type Spread, spreadOf } from './spread.ts';

/** What is promised of a figure; judged by the median. */
export type Goal = { readonly atLeast: number } | { readonly atMost: number } | { readonly within: number };

/** One line of the result. */
export interface Row {
  readonly measurement: string;
  readonly unit: string;
  /** What isostream is held against; absent where the figure stands alone. */
  readonly against: string | undefined;
  readonly reference: Spread | undefined;
  readonly isostream: Spread;
  /** isostream ÷ reference, round by round. */
  readonly ratio: Spread | undefined;
  /** Of the ratio where there is one, else of isostream's own figure; absent for what is only shown. */
  readonly goal: Goal | undefined;
  readonly met: boolean | undefined;
}

export interface RowInput {
  readonly measurement: string;
  readonly unit: string;
  readonly isostream: readonly number[];
  readonly against?: string;
  readonly reference?: readonly number[];
  readonly goal?: Goal;
}

/** Compares what was measured in the same rounds. */
export function row({ measurement, unit, isostream, against, reference, goal }: RowInput): Row {
  const ratio =
    reference === undefined
      ? undefined
      : spreadOf(isostream.map((value, round) => value / (reference[round] ?? Number.NaN)));
  const own = spreadOf(isostream);
  return {
    measurement,
    unit,
    against,
    reference: reference === undefined ? undefined : spreadOf(reference),
    isostream: own,
    ratio,
    goal,
    met: goal === undefined ? undefined : isMet(goal, (ratio ?? own).median),
  };
}

function isMet(goal: Goal, value: number): boolean {
  if ('atLeast' in goal) return value >= goal.atLeast;
  if ('atMost' in goal) return value <= goal.atMost;
  return Math.abs(value - 1) <= goal.within;
}
