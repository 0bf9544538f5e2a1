import type { Entry } from '@isostream/conformance/checks';
import type { Findings } from '@isostream/conformance';
import { happenings } from './happenings.ts';
import { judge } from './judge.ts';
import { makePlan, type Plan } from './plan.ts';
import { type Distortion, runPlan } from './world.ts';

/** One seed, played and judged. */
export interface SeedReport {
  readonly seed: number;
  readonly findings: Findings;
  readonly entries: readonly Entry[];
}

/** What many seeds showed. */
export interface Tally {
  readonly seeds: number;
  readonly failures: readonly Pick<SeedReport, 'seed' | 'findings'>[];
  /** In how many of them each thing happened at least once. */
  readonly seen: Readonly<Record<string, number>>;
}

/** The same plan always gives the same history. */
export async function playPlan(plan: Plan, distortion?: Distortion): Promise<SeedReport> {
  const outcome = await runPlan(plan, distortion);
  return { seed: plan.seed, findings: judge(plan, outcome), entries: outcome.entries };
}

export async function runSeeds(from: number, count: number, distortion?: Distortion): Promise<Tally> {
  const failures: Tally['failures'][number][] = [];
  const seen: Record<string, number> = {};
  for (let seed = from; seed < from + count; seed++) {
    const plan = makePlan(seed);
    const outcome = await runPlan(plan, distortion);
    const findings = judge(plan, outcome);
    if (Object.keys(findings).length > 0) failures.push({ seed, findings });
    for (const name of happenings(plan, outcome)) seen[name] = (seen[name] ?? 0) + 1;
  }
  return { seeds: count, failures, seen };
}

export function addTallies(a: Tally, b: Tally): Tally {
  const names = new Set([...Object.keys(a.seen), ...Object.keys(b.seen)]);
  return {
    seeds: a.seeds + b.seeds,
    failures: [...a.failures, ...b.failures],
    seen: Object.fromEntries([...names].map((name) => [name, (a.seen[name] ?? 0) + (b.seen[name] ?? 0)])),
  };
}
