import type { SinkEffect, SinkSubject } from './subject.ts';

/** All numbers of each key. */
export type Expected = Readonly<Record<string, number>>;

/** What is wrong with effects, where each key had the numbers from 0 to below `expected`. */
export function judge(
  effects: readonly SinkEffect[],
  expected: Expected,
  { keeps, once }: Pick<SinkSubject, 'keeps' | 'once'>,
): string[] {
  const findings: string[] = [];
  for (const [key, count] of Object.entries(expected)) {
    const found = effects.filter((effect) => effect.key === key).map(({ n }) => n);
    const first = [...new Set(found)];
    if (keeps === 'latest') {
      if (found.at(-1) !== count - 1) findings.push(`key ${key} is ${found.at(-1)} at the end, not ${count - 1}`);
      const back = found.find((n, at) => once && at > 0 && n <= (found[at - 1] ?? -1));
      if (back !== undefined) findings.push(`key ${key} went back to ${back}: ${found.join()}`);
      continue;
    }
    const wanted = Array.from({ length: count }, (_, n) => n).join();
    if (first.join() !== wanted) findings.push(`key ${key}: ${first.join()} instead of ${wanted}`);
    if (once && found.length > first.length) findings.push(`key ${key}: repeats in ${found.join()}`);
  }
  const strangers = effects.filter(({ key }) => !(key in expected));
  if (strangers.length > 0) findings.push(`what nobody sent: ${JSON.stringify(strangers[0])}`);
  return findings;
}
