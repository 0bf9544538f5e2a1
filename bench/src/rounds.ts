import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Does the job once and returns what it measured, by name. Names are unique among the contestants of one measurement. */
export type Contestant = () => Promise<Readonly<Record<string, number>>>;

/** What was measured, by name, a value a round; values with one index come from one round. */
export interface Samples {
  of(name: string): readonly number[];
  /** What begins so, in the order in which it was first measured. */
  names(start: string): readonly string[];
}

/**
 * Runs every contestant to warm up, and then once a round. The order is turned round each time, so that none always
 * runs on what the same other one left behind: compiled code, a heap to collect, a log to flush.
 */
export async function runRounds(contestants: readonly Contestant[], rounds: number, warmUps = 1): Promise<Samples> {
  const samples = new Map<string, number[]>();
  for (let round = 0; round < warmUps + rounds; round++) {
    const order = round % 2 === 0 ? contestants : contestants.toReversed();
    for (const contestant of order) {
      collectGarbage();
      const figures = await contestant();
      if (round < warmUps) continue;
      for (const [name, value] of Object.entries(figures)) samples.set(name, [...(samples.get(name) ?? []), value]);
    }
  }
  return {
    of: (name) => samples.get(name) ?? [],
    names: (start) => [...samples.keys()].filter((name) => name.startsWith(start)),
  };
}

/** One contestant's garbage must not be collected in another one's time. */
export function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  if (isProcedure(collect)) collect();
}

function isProcedure(value: unknown): value is () => void {
  return typeof value === 'function';
}
