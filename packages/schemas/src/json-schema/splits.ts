import type { Alternative } from './alternatives.ts';
import { requiredOf } from './members.ts';
import { child, children, keywords, type Keywords, type Node, numberOf, target, textsOf } from './node.ts';
import type { Proof } from './proof.ts';

/** Branches that are looked at for bounds; beyond it, nothing is split. */
const maxSplits = 6;

/**
 * Ways to take a case apart where the reader's branches have their bounds: each part may lie in another branch, and together they are the
 * case.
 */
export function splitByBounds(
  one: Alternative,
  reader: Node,
  prover: Pick<Proof, 'plain'>,
): readonly (readonly Alternative[])[] {
  const branches = branchesOf(reader, 0);
  if (branches.length === 0) return [];
  const all = branches.map(keywords);
  const bounds = (...names: readonly string[]) => [
    ...new Set(all.flatMap((each) => names.flatMap((name) => numberOf(each[name]) ?? []))),
  ];
  const lengths = (least: string, most: string): readonly Pair[] => [
    ...bounds(least).map((bound): Pair => [{ [most]: bound - 1 }, { [least]: bound }]),
    ...bounds(most).map((bound): Pair => [{ [most]: bound }, { [least]: bound + 1 }]),
  ];
  const cases = (pairs: readonly Pair[]) =>
    pairs
      .slice(0, maxSplits)
      .map((pair) => pair.map((wanted) => prover.plain(wanted)))
      .filter((nodes) => !nodes.some((node) => one.parts.includes(node)))
      .map((nodes) => nodes.map((node) => ({ ...one, parts: [...one.parts, node] })));
  switch (one.type) {
    case 'number':
      return cases(
        bounds('minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum').flatMap((bound): readonly Pair[] => [
          [{ maximum: bound }, { exclusiveMinimum: bound }],
          [{ exclusiveMaximum: bound }, { minimum: bound }],
        ]),
      );
    case 'string':
      return cases(lengths('minLength', 'maxLength'));
    case 'array':
      return cases(lengths('minItems', 'maxItems'));
    case 'object':
      return byPresence(one, all, prover);
    case 'null':
    case 'boolean':
      return [];
  }
}

type Pair = readonly [Keywords, Keywords];

function byPresence(
  one: Alternative,
  branches: readonly Keywords[],
  prover: Pick<Proof, 'plain'>,
): readonly (readonly Alternative[])[] {
  const sure = requiredOf(one);
  const names = [...new Set(branches.flatMap(({ required }) => textsOf(required)))].filter((name) => !sure.has(name));
  return names.slice(0, maxSplits).flatMap((name) => {
    const present = prover.plain({ required: [name] });
    if (one.nots.includes(present)) return [];
    const cases: readonly Alternative[] = [
      { ...one, parts: [...one.parts, present] },
      { ...one, nots: [...one.nots, present] },
    ];
    return [cases];
  });
}

/** The branches of a choice, and what they refuse. */
function branchesOf(reader: Node, depth: number): readonly Node[] {
  if (depth > 4) return [];
  const choices = [...children(reader, 'anyOf'), ...children(reader, 'oneOf')];
  const found = choices.flatMap((branch) => [branch, target(branch), child(branch, 'not')]);
  return [
    ...found.filter((branch) => branch !== undefined),
    ...[target(reader), ...choices].flatMap((inner) => (inner === undefined ? [] : branchesOf(inner, depth + 1))),
  ];
}
