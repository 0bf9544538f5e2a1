/** A number in [0, 1) that a seed decides. Source: mulberry32, by Tommy Ettinger, public domain. */
export type Random = () => number;

export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Numbers of their own for each purpose: FNV-1a over its name, mixed with the seed. */
export function seededFor(seed: number, purpose: string): Random {
  let hash = 0x811c9dc5;
  for (let index = 0; index < purpose.length; index++)
    hash = Math.imul(hash ^ purpose.charCodeAt(index), 0x01000193) >>> 0;
  // The numbers of neighbouring seeds would be each other's, one call later.
  return seeded(Math.imul(hash ^ Math.imul(seed, 0x9e3779b1), 0x85ebca6b) ^ (hash >>> 13));
}

/** A whole number from 0 to below `end`. */
export function below(random: Random, end: number): number {
  return Math.floor(random() * end);
}
