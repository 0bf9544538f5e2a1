import { isObject, type Node } from './node.ts';

/** Keywords that say nothing about which values are valid. */
const annotations: ReadonlySet<string> = new Set([
  '$schema',
  '$id',
  '$anchor',
  '$comment',
  '$defs',
  'definitions',
  'title',
  'description',
  'default',
  'deprecated',
  'examples',
  'readOnly',
  'writeOnly',
  'contentEncoding',
  'contentMediaType',
  'contentSchema',
  'id',
]);

/** Whether two schemas say the same in the same words, annotations aside; one with references only within its own document. */
export function isSameSchema(one: Node, other: Node): boolean {
  return one.schema === other.schema || isSame(one.schema, other.schema, one.document === other.document);
}

function isSame(one: unknown, other: unknown, mayRefer: boolean): boolean {
  if (Array.isArray(one))
    return (
      Array.isArray(other) &&
      one.length === other.length &&
      one.every((item, index) => isSame(item, other[index], mayRefer))
    );
  if (!isObject(one) || !isObject(other)) return one === other;
  if (!mayRefer && ('$ref' in one || '$dynamicRef' in one)) return false;
  const [ours, theirs] = [one, other].map((schema) => Object.keys(schema).filter((name) => !annotations.has(name)));
  return (
    ours !== undefined &&
    ours.length === theirs?.length &&
    ours.every((name) => Object.hasOwn(other, name) && isSame(one[name], other[name], mayRefer))
  );
}
