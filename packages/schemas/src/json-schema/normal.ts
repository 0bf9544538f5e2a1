import { children, isObject, type Keywords, keywords, type Node, rootNode, target } from './node.ts';

/**
 * A schema in plainer words that mean the same: `unevaluatedProperties` beside a plain `allOf` or `$ref` as `additionalProperties` that
 * know the names there, `$dynamicRef` to the only anchor of its name as `$ref`. What cannot be said so stays as it is.
 */
export function normal(root: unknown): unknown {
  // Up to draft 7 these keywords say nothing.
  if (rootNode(root).document.ignoresSiblings) return root;
  return rewritten(rootNode(renamed(root, anchorsOf(root))));
}

function rewritten(node: Node): unknown {
  const { schema } = node;
  if (Array.isArray(schema)) return schema.map((part: unknown) => rewritten({ ...node, schema: part }));
  if (!isObject(schema)) return schema;
  const copy = withParts(schema, (part) => rewritten({ ...node, schema: part }));
  const names = schema['unevaluatedProperties'] === undefined ? undefined : evaluatedNames(node);
  if (names === undefined || copy['additionalProperties'] !== undefined) return copy;
  const { unevaluatedProperties, properties, ...rest } = copy;
  const known = Object.fromEntries([...names].map((name) => [name, true]));
  return {
    ...rest,
    properties: { ...known, ...(isObject(properties) ? properties : {}) },
    additionalProperties: unevaluatedProperties,
  };
}

/** Keywords whose values are data, not schemas. */
const values: ReadonlySet<string> = new Set(['const', 'enum', 'default', 'examples', 'required', 'type']);
/** Keywords whose values are schemas by names, which may be those of keywords. */
const maps: ReadonlySet<string> = new Set([
  ...['properties', 'patternProperties', 'dependentSchemas', 'dependencies', '$defs', 'definitions'],
]);

/** A copy of a schema in which each schema is what `change` makes of it. */
function withParts(schema: Keywords, change: (part: unknown) => unknown): Record<string, unknown> {
  const changed = (all: Keywords, isKept: (name: string) => boolean, each: (part: unknown, name: string) => unknown) =>
    Object.fromEntries(
      Object.entries(all).map(([name, part]): [string, unknown] => [name, isKept(name) ? part : each(part, name)]),
    );
  return changed(
    schema,
    (name) => values.has(name),
    (part, name) => (maps.has(name) && isObject(part) ? changed(part, () => false, change) : change(part)),
  );
}

/** Keywords that evaluate properties in ways that depend on the data, or by patterns. */
const conditional = [
  ...['anyOf', 'oneOf', 'if', 'dependentSchemas', 'patternProperties', 'additionalProperties'],
  ...['unevaluatedProperties', '$dynamicRef'],
];

/** The names that a schema evaluates by what it combines; `undefined` where there is nothing combined, or more than names. */
function evaluatedNames(node: Node): ReadonlySet<string> | undefined {
  const isPlain = conditional.every((name) => name === 'unevaluatedProperties' || !(name in keywords(node)));
  if (!isPlain) return undefined;
  const names = new Set<string>();
  const seen = new Set<unknown>();
  const add = (part: Node | undefined): boolean => {
    if (part === undefined) return false;
    if (seen.has(part.schema)) return true;
    seen.add(part.schema);
    const all = keywords(part);
    if (part !== node && conditional.some((name) => name in all)) return false;
    if (isObject(all['properties'])) for (const name of Object.keys(all['properties'])) names.add(name);
    return (all['$ref'] === undefined || add(target(part))) && children(part, 'allOf').every((branch) => add(branch));
  };
  return add(node) ? names : undefined;
}

/** The anchors of `$dynamicAnchor` that stand once: where they lead does not depend on the way there. */
function anchorsOf(schema: unknown): ReadonlySet<string> {
  const counts = new Map<string, number>();
  const count = (part: unknown): void => {
    if (Array.isArray(part)) for (const one of part) count(one);
    if (!isObject(part)) return;
    const { $dynamicAnchor: name } = part;
    if (typeof name === 'string') counts.set(name, (counts.get(name) ?? 0) + 1);
    for (const one of Object.values(part)) count(one);
  };
  count(schema);
  return new Set([...counts].filter(([, times]) => times === 1).map(([name]) => name));
}

function renamed(schema: unknown, anchors: ReadonlySet<string>): unknown {
  if (anchors.size === 0) return schema;
  if (Array.isArray(schema)) return schema.map((part: unknown) => renamed(part, anchors));
  if (!isObject(schema)) return schema;
  const { $dynamicAnchor: anchor, $dynamicRef: ref, ...rest } = withParts(schema, (part) => renamed(part, anchors));
  const isAnchor = typeof anchor === 'string' && anchors.has(anchor);
  const isRef = typeof ref === 'string' && anchors.has(ref.replace(/^#/, ''));
  return {
    ...rest,
    ...(anchor === undefined ? {} : { [isAnchor ? '$anchor' : '$dynamicAnchor']: anchor }),
    ...(ref === undefined ? {} : { [isRef ? '$ref' : '$dynamicRef']: ref }),
  };
}
