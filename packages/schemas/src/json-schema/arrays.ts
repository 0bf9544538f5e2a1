import type { Alternative } from './alternatives.ts';
import { bound, itemNodes, prefixLength } from './members.ts';
import { child, keywords, type Node, numberOf } from './node.ts';
import type { Proof } from './proof.ts';
import { isSameSchema } from './same.ts';

/** How many elements an array of this case has at least and at most. */
function countsOf({ parts }: Pick<Alternative, 'parts'>, prover: Proof): readonly [least: number, most: number] {
  const least = Math.max(bound(parts, 'minItems', Math.max) ?? 0, ...parts.map(leastContained));
  let most = bound(parts, 'maxItems', Math.min) ?? Infinity;
  // An element that nothing can satisfy ends the array before it.
  const places = Math.max(0, ...parts.map(prefixLength));
  for (let index = 0; index <= places && index < most; index++)
    if (prover.areEmpty(elementsOf(parts, index))) most = Math.min(most, index);
  return [least, most];
}

export function isEmptyArray(one: Alternative, prover: Proof): boolean {
  const [least, most] = countsOf(one, prover);
  return least > most;
}

/** Arrays of a case satisfy the reader's own keywords. */
export function arraysLieWithin(one: Alternative, reader: Node, prover: Proof): boolean {
  const wanted = keywords(reader);
  const [least, most] = countsOf(one, prover);
  if (least < (numberOf(wanted['minItems']) ?? 0) || most > (numberOf(wanted['maxItems']) ?? Infinity)) return false;
  if (wanted['uniqueItems'] === true && most > 1 && !one.parts.some((part) => keywords(part)['uniqueItems'] === true))
    return false;
  if (!containsAsWanted(one, reader, [least, most], prover)) return false;
  if (wanted['unevaluatedItems'] !== undefined && itemNodes(reader, Infinity).length === 0) return false;
  const places = Math.max(prefixLength(reader), ...one.parts.map(prefixLength));
  for (let index = 0; index <= places && index < most; index++) {
    const elements = elementsOf(one.parts, index);
    if (!itemNodes(reader, index).every((node) => prover.proves(elements, node))) return false;
  }
  return true;
}

function containsAsWanted(
  { parts }: Alternative,
  reader: Node,
  [least, most]: readonly [least: number, most: number],
  prover: Proof,
): boolean {
  const wanted = child(reader, 'contains');
  if (wanted === undefined) return true;
  const { minContains = 1, maxContains } = keywords(reader);
  const isAtLeast = Number(minContains) <= 0 || atLeast(parts, wanted, Number(minContains), prover);
  const isAtMost = maxContains === undefined || atMost(parts, wanted, Number(maxContains), most, prover);
  if (isAtMost && isAtLeast) return true;
  if (!isAtMost) return false;
  const places = Math.max(0, ...parts.map(prefixLength));
  let sure = 0;
  for (let index = 0; index < least && index <= places; index++)
    if (prover.proves(elementsOf(parts, index), wanted)) sure += index === places ? least - places : 1;
  return sure >= Number(minContains);
}

/** What the writer says to contain is what is wanted, so often. */
function atLeast(parts: readonly Node[], wanted: Node, times: number, prover: Proof): boolean {
  return parts.some((part) => {
    const own = child(part, 'contains');
    if (own === undefined || leastContained(part) < times) return false;
    // Whatever else holds of every element holds of those too, where no place differs.
    const every = parts.every((each) => prefixLength(each) === 0) ? elementsOf(parts, 0) : [];
    return isSameSchema(own, wanted) || prover.proves([own, ...every], wanted);
  });
}

/** What is wanted at most so often is among what the writer contains at most so often, or there are not as many elements. */
function atMost(parts: readonly Node[], wanted: Node, times: number, most: number, prover: Proof): boolean {
  if (most <= times) return true;
  const places = Math.max(0, ...parts.map(prefixLength));
  const others = Array.from({ length: places + 1 }, (_, index) => [...elementsOf(parts, index), wanted]);
  if (others.every((both) => prover.areEmpty(both))) return true;
  return parts.some((part) => {
    const own = child(part, 'contains');
    const limit = numberOf(keywords(part)['maxContains']);
    return own !== undefined && limit !== undefined && limit <= times && prover.proves([wanted], own);
  });
}

function leastContained(part: Node): number {
  const all = keywords(part);
  return all['contains'] === undefined ? 0 : (numberOf(all['minContains']) ?? 1);
}

function elementsOf(parts: readonly Node[], index: number): readonly Node[] {
  return parts.flatMap((part) => itemNodes(part, index));
}
