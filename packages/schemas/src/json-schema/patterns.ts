import { Automaton, difference } from '../patterns/automaton.ts';
import { Unsupported } from '../patterns/parse.ts';

/** Whether every text that one pattern matches is matched by the other; `false` also where that cannot be told. */
export function patternLiesWithin(given: string, wanted: string): boolean {
  if (given === wanted) return true;
  const found = attempt(() => [difference(new Automaton(given), new Automaton(wanted))] as const);
  return found !== undefined && found[0] === undefined;
}

/** Texts to try: what a pattern matches, and what it matches and each of the others does not. */
export function textsOfPattern(pattern: string, others: readonly string[]): readonly string[] {
  const against = (other?: string): readonly (string | undefined)[] =>
    attempt(() => [difference(new Automaton(pattern), other === undefined ? undefined : new Automaton(other))]) ?? [];
  return [against(), ...others.map(against)].flat().filter((text) => text !== undefined);
}

/** A pattern of all texts of so many characters; `undefined` where there are too many to count. */
export function patternOfLengths(least: number, most: number): string | undefined {
  const last = most === Infinity ? '' : most;
  if (least > 500 || (most !== Infinity && most > 500)) return undefined;
  return String.raw`^[\s\S]{${least},${last}}$`;
}

function attempt<Result>(work: () => Result): Result | undefined {
  try {
    return work();
  } catch (thrown) {
    if (thrown instanceof Unsupported) return undefined;
    throw thrown;
  }
}
