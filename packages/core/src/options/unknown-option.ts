/**
 * What is wrong with an option that an object does not have, in words: its new name where it was renamed, else the name that comes
 * nearest, and all that are valid. Quotes no value.
 */
export function unknownOption(
  name: string,
  valid: readonly string[],
  renamed: Readonly<Record<string, string>> = {},
): string {
  const now = Object.entries(renamed).find(([former]) => former === name)?.[1];
  if (now !== undefined) return `${name} is now called ${now}. Rename it`;
  const nearest = nearestOf(name, valid);
  const hint = nearest === undefined ? '' : `Did you mean ${nearest}? `;
  return `unknown option ${name}. ${hint}Valid options: ${valid.join(', ')}`;
}

/** The name that is at most a third of its letters away; none where another word was meant. */
export function nearestOf(name: string, valid: readonly string[]): string | undefined {
  // Parts of an option all have its name before theirs.
  const areParts = valid.every((each) => each.includes('.'));
  const own = (text: string): string => (areParts ? text.slice(text.lastIndexOf('.') + 1) : text).toLowerCase();
  const near = valid
    .map((each) => ({ each, far: distance(own(name), own(each)) }))
    .filter(({ each, far }) => far <= own(each).length / 3);
  return near.toSorted((a, b) => a.far - b.far)[0]?.each;
}

/** Letters to put in, take out or replace. */
function distance(a: string, b: string): number {
  if (a.length > 64) return Infinity;
  let above = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (const [row, letter] of a.split('').entries()) {
    const next = [row + 1];
    for (const [at, other] of b.split('').entries()) {
      const [taken = 0, replaced = 0] = [above[at + 1], above[at]];
      next.push(Math.min(taken + 1, (next[at] ?? 0) + 1, replaced + (letter === other ? 0 : 1)));
    }
    above = next;
  }
  return above[b.length] ?? Infinity;
}
