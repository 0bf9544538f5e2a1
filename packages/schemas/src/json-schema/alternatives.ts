import { child, children, isObject, keywords, type Node, target, textsOf } from './node.ts';

export const jsonTypes = ['null', 'boolean', 'number', 'string', 'array', 'object'] as const;
export type JsonType = (typeof jsonTypes)[number];

/** Values of one type that satisfy every one of `parts`, of which only plain keywords count, and none of `nots`. */
export interface Alternative {
  readonly type: JsonType;
  readonly parts: readonly Node[];
  readonly nots: readonly Node[];
}

interface Combination {
  readonly parts: readonly Node[];
  readonly nots: readonly Node[];
}

/** Too many cases, or a reference that leads nowhere: then nothing is proven. */
export class GiveUp extends Error {}

export const maxCombinations = 512;
const maxDepth = 64;

/** What satisfies all of these schemas, as a union of simple cases: at least that. Throws {@link GiveUp}. */
export function alternatives(nodes: readonly Node[]): readonly Alternative[] {
  let combinations: readonly Combination[] = [{ parts: [], nots: [] }];
  for (const node of nodes) combinations = product(combinations, expand(node, 0));
  return combinations.flatMap(({ parts, nots }) => {
    const allowed = jsonTypes.filter((type) => parts.every((part) => allows(part, type)));
    return allowed.map((type) => ({ type, parts, nots }));
  });
}

/** Whether the `type` keyword lets this type through. */
export function allows(node: Node, type: JsonType): boolean {
  const { type: declared } = keywords(node);
  if (declared === undefined) return true;
  const types = typeof declared === 'string' ? [declared] : textsOf(declared);
  return types.includes(type) || (type === 'number' && types.includes('integer'));
}

function expand(node: Node, depth: number): readonly Combination[] {
  if (depth > maxDepth) throw new GiveUp('references go round in circles');
  if (node.schema === false) return [];
  if (!isObject(node.schema)) return [{ parts: [], nots: [] }];
  const within = (inner: Node): readonly Combination[] => expand(inner, depth + 1);
  const { $ref, $dynamicRef } = node.schema;
  if ($dynamicRef !== undefined) throw new GiveUp('$dynamicRef');
  let result: readonly Combination[] = [{ parts: [node], nots: [] }];
  if (typeof $ref === 'string') {
    const referred = target(node);
    if (referred === undefined) throw new GiveUp(`$ref ${$ref} leads out of the schema`);
    if (node.document.ignoresSiblings) return within(referred);
    result = product(result, within(referred));
  }
  for (const part of children(node, 'allOf')) result = product(result, within(part));
  const anyOf = children(node, 'anyOf');
  if (anyOf.length > 0) result = product(result, anyOf.flatMap(within));
  const oneOf = children(node, 'oneOf');
  if (oneOf.length > 0)
    result = product(
      result,
      oneOf.flatMap((branch) =>
        without(
          within(branch),
          oneOf.filter((other) => other !== branch),
        ),
      ),
    );
  const not = child(node, 'not');
  if (not !== undefined) result = without(result, [not]);
  const condition = child(node, 'if');
  if (condition !== undefined) {
    const [yes, no] = [child(node, 'then'), child(node, 'else')];
    const met = product(within(condition), yes === undefined ? always : within(yes));
    const unmet = without(no === undefined ? always : within(no), [condition]);
    result = product(result, [...met, ...unmet]);
  }
  return result;
}

const always: readonly Combination[] = [{ parts: [], nots: [] }];

function without(combinations: readonly Combination[], nots: readonly Node[]): readonly Combination[] {
  return combinations.map((one) => ({ parts: one.parts, nots: [...one.nots, ...nots] }));
}

function product(ones: readonly Combination[], others: readonly Combination[]): readonly Combination[] {
  if (ones.length * others.length > maxCombinations) throw new GiveUp('too many combinations');
  return ones.flatMap((one) =>
    others.map((other) => ({ parts: [...one.parts, ...other.parts], nots: [...one.nots, ...other.nots] })),
  );
}
