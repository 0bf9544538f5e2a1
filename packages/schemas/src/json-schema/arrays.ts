import type { Alternative } from './alternatives.ts';
import { bound, itemNodes, prefixLength } from './members.ts';
import { child, keywords, type Node, numberOf } from './node.ts';
import type { Proof } from './proof.ts';
import { isSameSchema } from './same.ts';

/** How many elements an array of this case has at least and at most. */
function countsOf({ parts }: Pick<Alternative, 'parts'>, prover: Proof): readonly [least: number, most: number] {
  const least = bound(parts, 'minItems', Math.max) ?? 0;
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
  if (!containsAsWanted(one, reader, least, prover)) return false;
  if (wanted['unevaluatedItems'] !== undefined && itemNodes(reader, Infinity).length === 0) return false;
  const places = Math.max(prefixLength(reader), ...one.parts.map(prefixLength));
  for (let index = 0; index <= places && index < most; index++) {
    const elements = elementsOf(one.parts, index);
    if (!itemNodes(reader, index).every((node) => prover.proves(elements, node))) return false;
  }
  return true;
}

function containsAsWanted({ parts }: Alternative, reader: Node, least: number, prover: Proof): boolean {
  const wanted = child(reader, 'contains');
  if (wanted === undefined) return true;
  const { minContains = 1, maxContains } = keywords(reader);
  const isSaid = parts.some((part) => {
    const own = child(part, 'contains');
    const all = keywords(part);
    return (
      own !== undefined &&
      isSameSchema(own, wanted) &&
      (numberOf(all['minContains']) ?? 1) >= Number(minContains) &&
      (maxContains === undefined || (numberOf(all['maxContains']) ?? Infinity) <= Number(maxContains))
    );
  });
  if (isSaid) return true;
  if (maxContains !== undefined) return false;
  if (minContains === 0) return true;
  const places = Math.max(0, ...parts.map(prefixLength));
  let sure = 0;
  for (let index = 0; index < least && index <= places; index++)
    if (prover.proves(elementsOf(parts, index), wanted)) sure += index === places ? least - places : 1;
  return sure >= Number(minContains);
}

function elementsOf(parts: readonly Node[], index: number): readonly Node[] {
  return parts.flatMap((part) => itemNodes(part, index));
}
