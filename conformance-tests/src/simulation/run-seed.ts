import type { Entry } from '../history/entry.ts';
import { ofKind } from '../history/history.ts';
import type { Findings } from '../run/scenario.ts';
import { judge } from './judge.ts';
import { makePlan, type Plan } from './plan.ts';
import { gracefulMark, restartMark } from './recorder.ts';
import { expiredCode } from './service.ts';
import { type Distort, runPlan } from './world.ts';

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
export async function playPlan(plan: Plan, distort?: Distort): Promise<SeedReport> {
  const outcome = await runPlan(plan, distort);
  return { seed: plan.seed, findings: judge(plan, outcome), entries: outcome.entries };
}

export async function runSeeds(from: number, count: number, distort?: Distort): Promise<Tally> {
  const failures: Tally['failures'][number][] = [];
  const seen: Record<string, number> = {};
  for (let seed = from; seed < from + count; seed++) {
    const { findings, entries } = await playPlan(makePlan(seed), distort);
    if (Object.keys(findings).length > 0) failures.push({ seed, findings });
    for (const name of happenings(entries)) seen[name] = (seen[name] ?? 0) + 1;
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

/** What a history must have in a good share of all seeds, lest they prove nothing. */
function happenings(entries: readonly Entry[]): Set<string> {
  const names = new Set<string>();
  const deliveries = new Set<string>();
  for (const entry of entries) {
    if (entry.kind === 'fault') names.add(`fault ${entry.name}`);
    else if (entry.kind === 'deliver') {
      const place = `${entry.partition}/${entry.position}/${entry.attempt}`;
      if (entry.attempt > 1) names.add('retried');
      if (deliveries.has(place)) names.add('repeated under another lease');
      deliveries.add(place);
    } else if (entry.kind === 'dead') names.add(entry.code === expiredCode ? 'gap' : 'dead letter');
    else if (entry.kind === 'send-failed') names.add(`send failed ${entry.outcome ?? 'without outcome'}`);
    else if (entry.kind === 'commit-failed' && entry.code === 'lease-lost') names.add('commit fenced');
    else if (entry.kind === 'mark' && entry.name === restartMark) names.add('went on after a restart');
  }
  const revoked = ofKind(entries, 'revoke').map(({ lease }) => gracefulMark(lease));
  const graceful = new Set(ofKind(entries, 'mark').map(({ name }) => name));
  if (revoked.some((name) => graceful.has(name))) names.add('handed over in time');
  if (revoked.some((name) => !graceful.has(name))) names.add('handed over in haste');
  return names;
}
