/**
 * Who should hold which partition: fair, and with as few moves as that allows. Pure and deterministic, so that every
 * member that computes it from the same claims gets the same answer.
 *
 * `members` maps each member to the partitions it holds now. In the result every partition stands exactly once, and
 * shares differ by at most one. A partition that two members claim stays with the one that is first by name.
 */
export function balance(
  partitions: readonly string[],
  members: ReadonlyMap<string, readonly string[]>,
): Map<string, string[]> {
  const free = new Set(partitions);
  const names = [...members.keys()].toSorted(byText);
  const held = new Map<string, string[]>();
  for (const name of names) {
    const valid = (members.get(name) ?? []).filter((partition) => free.delete(partition));
    held.set(name, valid);
  }
  const least = names.length === 0 ? 0 : Math.floor(partitions.length / names.length);
  let larger = partitions.length - least * names.length;
  const shares = new Map<string, number>();
  // Whoever holds most may keep one more: nothing moves that does not have to.
  for (const name of names.toSorted((a, b) => count(held, b) - count(held, a) || byText(a, b))) {
    const share = larger-- > 0 ? least + 1 : least;
    shares.set(name, share);
    for (const partition of held.get(name)?.splice(share) ?? []) free.add(partition);
  }
  const pool = partitions.filter((partition) => free.has(partition));
  for (const [name, kept] of held) kept.push(...pool.splice(0, (shares.get(name) ?? 0) - kept.length));
  return held;
}

function count(held: ReadonlyMap<string, readonly string[]>, name: string): number {
  return held.get(name)?.length ?? 0;
}

function byText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
