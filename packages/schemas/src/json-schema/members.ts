import type { Alternative } from './alternatives.ts';
import { child, children, isObject, keywords, type Node, numberOf, textsOf } from './node.ts';

/** What one schema demands of the value under one name, or of one element; none where it demands nothing. */
export function propertyNodes(part: Node, name: string): readonly Node[] {
  const named = child(part, 'properties', name);
  const matching = patternsOf(part)
    .filter((pattern) => matches(pattern, name))
    .flatMap((pattern) => child(part, 'patternProperties', pattern) ?? []);
  const found = [...(named === undefined ? [] : [named]), ...matching];
  if (found.length > 0) return found;
  return restNodes(part);
}

/** What one schema demands of a value under a name that it does not know. */
export function restNodes(part: Node): readonly Node[] {
  const rest = child(part, 'additionalProperties') ?? unevaluated(part, 'unevaluatedProperties');
  return rest === undefined ? [] : [rest];
}

/** What one schema demands of the element at an index; behind the last place where elements differ, of every other one. */
export function itemNodes(part: Node, index: number): readonly Node[] {
  const { items } = keywords(part);
  if (Array.isArray(items)) {
    const place = child(part, 'items', index) ?? child(part, 'additionalItems');
    return place === undefined ? [] : [place];
  }
  const place = child(part, 'prefixItems', index) ?? child(part, 'items') ?? unevaluated(part, 'unevaluatedItems');
  return place === undefined ? [] : [place];
}

/** How many elements have a place of their own. */
export function prefixLength(part: Node): number {
  const { items, prefixItems } = keywords(part);
  if (Array.isArray(items)) return items.length;
  return Array.isArray(prefixItems) ? prefixItems.length : 0;
}

/** Names that the schema speaks of. */
export function namesOf(part: Node): readonly string[] {
  const { properties, required } = keywords(part);
  return [...(isObject(properties) ? Object.keys(properties) : []), ...textsOf(required)];
}

export function patternsOf(part: Node): readonly string[] {
  const { patternProperties } = keywords(part);
  return isObject(patternProperties) ? Object.keys(patternProperties) : [];
}

export function requiredOf({ parts }: Pick<Alternative, 'parts'>): ReadonlySet<string> {
  return new Set(parts.flatMap((part) => textsOf(keywords(part)['required'])));
}

/** The largest (or smallest) value that any part gives for a keyword. */
export function bound(
  parts: readonly Node[],
  keyword: string,
  pick: (...values: number[]) => number,
): number | undefined {
  const values = parts.flatMap((part) => numberOf(keywords(part)[keyword]) ?? []);
  return values.length === 0 ? undefined : pick(...values);
}

function matches(pattern: string, text: string): boolean {
  try {
    return new RegExp(pattern, 'u').test(text);
  } catch {
    return new RegExp(pattern).test(text);
  }
}

/** The names that `propertyNames` leaves, where it lists them. */
export function listedNames(parts: readonly Node[]): readonly string[] | undefined {
  for (const part of parts) {
    const names = child(part, 'propertyNames');
    if (names === undefined) continue;
    const { enum: listed, const: only } = keywords(names);
    if (Array.isArray(listed)) return textsOf(listed);
    if (typeof only === 'string') return [only];
  }
  return undefined;
}

/** Without anything beside it that evaluates, `unevaluated…` means what `additional…` means. */
function unevaluated(part: Node, keyword: string): Node | undefined {
  const combines = ['allOf', 'anyOf', 'oneOf', 'if', '$ref', 'dependentSchemas'].some((name) => name in keywords(part));
  return part.document.ignoresSiblings || combines || children(part, 'contains').length > 0
    ? undefined
    : child(part, keyword);
}
