import type { Alternative } from './alternatives.ts';
import { bound, listedNames, namesOf, patternsOf, propertyNodes, requiredOf, restNodes } from './members.ts';
import { child, isObject, keywords, type Node, numberOf, plainNode, textsOf } from './node.ts';
import { patternLiesWithin } from './patterns.ts';
import type { Proof } from './proof.ts';
import { isSameSchema } from './same.ts';

/** What a case says of the names that its objects can have. */
interface Shape {
  readonly parts: readonly Node[];
  readonly required: ReadonlySet<string>;
  /** The only possible names, where they are listed. */
  readonly listed: readonly string[] | undefined;
}

function shapeOf({ parts }: Alternative): Shape {
  return { parts, required: requiredOf({ parts }), listed: listedNames(parts) };
}

export function isEmptyObject(one: Alternative, prover: Proof): boolean {
  const shape = shapeOf(one);
  return [...shape.required].some((name) => !isPossible(shape, name, prover)) || least(shape) > most(shape, prover);
}

/** Objects of a case satisfy the reader's own keywords. */
export function objectsLieWithin(one: Alternative, reader: Node, prover: Proof): boolean {
  const shape = shapeOf(one);
  const wanted = keywords(reader);
  return (
    textsOf(wanted['required']).every((name) => shape.required.has(name)) &&
    least(shape) >= (numberOf(wanted['minProperties']) ?? 0) &&
    most(shape, prover) <= (numberOf(wanted['maxProperties']) ?? Infinity) &&
    valuesLieWithin(shape, reader, prover) &&
    namesLieWithin(shape, reader, prover) &&
    dependentsLieWithin(one, shape, reader, prover) &&
    (wanted['unevaluatedProperties'] === undefined || restNodes(reader).length > 0)
  );
}

function valuesLieWithin(shape: Shape, reader: Node, prover: Proof): boolean {
  const named = new Set([...shape.parts, reader].flatMap(namesOf).concat(shape.listed ?? []));
  for (const name of named) {
    if (!isPossible(shape, name, prover)) continue;
    const values = valuesOf(shape, name);
    if (!propertyNodes(reader, name).every((node) => prover.proves(values, node))) return false;
  }
  return shape.listed !== undefined || unnamedLieWithin(shape, reader, prover);
}

/** Values under names that neither side spells out. */
function unnamedLieWithin(shape: Shape, reader: Node, prover: Proof): boolean {
  const rest = shape.parts.flatMap(restNodes);
  const ours = shape.parts.flatMap((part) =>
    patternsOf(part).map((pattern) => ({ pattern, node: patternNode(part, pattern) })),
  );
  const theirs = patternsOf(reader);
  // A name under one of the reader's patterns lies under those of the writer that take all such names, or else may lie under any or none.
  for (const pattern of theirs) {
    const node = patternNode(reader, pattern);
    const sure = ours.filter((own) => patternLiesWithin(pattern, own.pattern)).map((own) => own.node);
    const groups = sure.length > 0 ? [sure] : [rest, ...ours.map((own) => [own.node])];
    if (!groups.every((group) => prover.areEmpty(group) || prover.proves(group, node))) return false;
  }
  const isTheirs = (pattern: unknown) =>
    typeof pattern === 'string' && theirs.some((wide) => patternLiesWithin(pattern, wide));
  // Where every name lies under the reader's patterns, nothing is left for its rest.
  const names = shape.parts.flatMap((part) => child(part, 'propertyNames') ?? []);
  if (names.some((name) => isTheirs(keywords(name)['pattern']))) return true;
  const wanted = restNodes(reader);
  const groups = [rest, ...ours.filter(({ pattern }) => !isTheirs(pattern)).map(({ node }) => [node])];
  return groups.every((group) => wanted.every((node) => prover.areEmpty(group) || prover.proves(group, node)));
}

function namesLieWithin(shape: Shape, reader: Node, prover: Proof): boolean {
  const wanted = child(reader, 'propertyNames');
  if (wanted === undefined) return true;
  const listed = shape.listed ?? closedNames(shape, prover);
  if (listed !== undefined)
    return listed.every((name) => !isPossible(shape, name, prover) || prover.validator.isValid(wanted, name));
  const own = shape.parts.flatMap((part) => child(part, 'propertyNames') ?? []);
  if (prover.proves([text, ...own], wanted)) return true;
  // Names of a closed object lie under one of its patterns, or are spelled out.
  return shape.parts.some(
    (part) =>
      restNodes(part).some((node) => prover.areEmpty([node])) &&
      namesOf(part).every((name) => !isPossible(shape, name, prover) || prover.validator.isValid(wanted, name)) &&
      patternsOf(part).every((pattern) => prover.proves([text, ...own, prover.plain({ pattern })], wanted)),
  );
}

function dependentsLieWithin(one: Alternative, shape: Shape, reader: Node, prover: Proof): boolean {
  return ['dependentRequired', 'dependentSchemas', 'dependencies'].every((keyword) => {
    const wanted = keywords(reader)[keyword];
    return (
      !isObject(wanted) ||
      Object.keys(wanted).every((name) => {
        if (!isPossible(shape, name, prover)) return true;
        const others = wanted[name];
        const isList = Array.isArray(others);
        const node = isList ? prover.plain({ required: textsOf(others) }) : child(reader, keyword, name);
        if (node === undefined) return false;
        const isSaid = shape.parts.some((part) => {
          const own = isList ? undefined : child(part, keyword, name);
          return own !== undefined && isSameSchema(own, node);
        });
        if (isSaid) return true;
        // Where the property is there, so is what the writer makes depend on it.
        const names = [name, ...shape.parts.flatMap((part) => dependentNames(part, name))];
        const absent = names.filter((each) => !shape.required.has(each));
        const depending = shape.parts.flatMap((part) => child(part, 'dependentSchemas', name) ?? []);
        const said = [...(absent.length === 0 ? [] : [prover.plain({ required: absent })]), ...depending];
        const added = said.filter((each) => one.parts.every((part) => part.schema !== each.schema));
        return prover.lies({ ...one, parts: [...one.parts, ...added] }, node);
      })
    );
  });
}

function dependentNames(part: Node, name: string): readonly string[] {
  return ['dependentRequired', 'dependencies'].flatMap((keyword) => {
    const all = keywords(part)[keyword];
    return isObject(all) ? textsOf(all[name]) : [];
  });
}

function valuesOf({ parts }: Shape, name: string): readonly Node[] {
  return parts.flatMap((part) => propertyNodes(part, name));
}

function isPossible(shape: Shape, name: string, prover: Proof): boolean {
  if (shape.listed !== undefined && !shape.listed.includes(name)) return false;
  const names = shape.parts.flatMap((part) => child(part, 'propertyNames') ?? []);
  return prover.validator.areValid(names, name) && !prover.areEmpty(valuesOf(shape, name));
}

/** The names of an object that takes no others; `undefined` where it is open. */
function closedNames(shape: Shape, prover: Proof): readonly string[] | undefined {
  const isClosed = shape.parts.some(
    (part) => patternsOf(part).length === 0 && restNodes(part).some((node) => prover.areEmpty([node])),
  );
  return isClosed ? [...new Set(shape.parts.flatMap(namesOf))] : undefined;
}

function least({ parts, required }: Shape): number {
  return Math.max(required.size, bound(parts, 'minProperties', Math.max) ?? 0);
}

function most(shape: Shape, prover: Proof): number {
  const names = shape.listed ?? closedNames(shape, prover);
  const possible = names?.filter((name) => isPossible(shape, name, prover)).length ?? Infinity;
  return Math.min(possible, bound(shape.parts, 'maxProperties', Math.min) ?? Infinity);
}

function patternNode(part: Node, pattern: string): Node {
  return child(part, 'patternProperties', pattern) ?? text;
}

/** Names are texts. */
const text: Node = plainNode({ type: 'string' });
