import { isObject } from '../json-schema/node.ts';

/** Keywords that hold one schema, a list of schemas, or schemas by name. */
const inside = ['items', 'additionalProperties', 'contains', 'not', 'if', 'then', 'else'];
const lists = ['anyOf', 'oneOf', 'prefixItems'];
const named = ['properties', 'patternProperties', '$defs', 'definitions'];

/**
 * What typed code writes: objects have only the properties that the schema names, unless it says what others may be.
 * Readers are looser: they ignore what they do not know. To hold writers to the looser schema would call each new property a
 * break, since anybody could have written that name before.
 * Parts of `allOf` stay open: each knows only some of the properties of the whole.
 */
export function asWritten(schema: unknown): unknown {
  if (!isObject(schema)) return schema;
  const closed: Record<string, unknown> = { ...schema };
  for (const keyword of inside) if (keyword in schema) closed[keyword] = asWritten(schema[keyword]);
  for (const keyword of lists) {
    const list: unknown = schema[keyword];
    if (Array.isArray(list)) closed[keyword] = list.map(asWritten);
  }
  for (const keyword of named) {
    const parts = schema[keyword];
    if (isObject(parts))
      closed[keyword] = Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, asWritten(part)]));
  }
  const isOpen =
    isObject(schema['properties']) && !('additionalProperties' in schema) && !('patternProperties' in schema);
  return isOpen ? { ...closed, additionalProperties: false } : closed;
}

/** Properties that one schema names and the other does not, by their paths: what they hold is dropped without a word. */
export function droppedPaths(writer: unknown, reader: unknown, path = ''): readonly string[] {
  if (!isObject(writer) || !isObject(reader)) return [];
  const [ours, theirs] = [writer['properties'], reader['properties']];
  const items = droppedPaths(writer['items'], reader['items'], `${path}[]`);
  if (!isObject(ours) || !isObject(theirs)) return items;
  return [
    ...items,
    ...Object.keys(ours).flatMap((name) => {
      const at = path === '' ? name : `${path}.${name}`;
      return Object.hasOwn(theirs, name) ? droppedPaths(ours[name], theirs[name], at) : [at];
    }),
  ];
}
