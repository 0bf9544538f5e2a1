/** A JSON Schema or one of its parts, with its place: references are resolved from the root. */
export interface Node {
  readonly schema: unknown;
  readonly document: Document;
  /** JSON pointer of the schema in its document. */
  readonly pointer: string;
}

/** A whole schema as it was given. */
export interface Document {
  readonly root: unknown;
  /** Up to draft 7, what stands beside a `$ref` does not count. */
  readonly ignoresSiblings: boolean;
}

export type Keywords = Readonly<Record<string, unknown>>;

/** The root of a schema. */
export function rootNode(root: unknown): Node {
  const dialect = isObject(root) ? root['$schema'] : undefined;
  const ignoresSiblings = typeof dialect === 'string' && /draft-0[3-7]/.test(dialect);
  return { schema: root, document: { root, ignoresSiblings }, pointer: '' };
}

/** A schema of its own, of keywords that mean the same in every draft. */
export function plainNode(schema: Keywords): Node {
  return { schema, document: { root: schema, ignoresSiblings: false }, pointer: '' };
}

/** The keywords of a schema; none for `true` and for what is not a schema. */
export function keywords({ schema }: Node): Keywords {
  return isObject(schema) ? schema : {};
}

/** The part behind these steps; `undefined` where there is none. */
export function child(node: Node, ...steps: readonly (string | number)[]): Node | undefined {
  let schema: unknown = node.schema;
  let pointer = node.pointer;
  for (const step of steps) {
    if (Array.isArray(schema)) schema = schema[Number(step)];
    else if (isObject(schema) && Object.hasOwn(schema, step)) schema = schema[step];
    else return undefined;
    pointer += `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`;
  }
  return schema === undefined ? undefined : { ...node, schema, pointer };
}

/** The parts of a keyword that holds a list of schemas. */
export function children(node: Node, keyword: string): readonly Node[] {
  const list = keywords(node)[keyword];
  return Array.isArray(list) ? list.flatMap((_, index) => child(node, keyword, index) ?? []) : [];
}

/** What `$ref` names: a place in the same document, or the schema with that `$id` or `$anchor`. `undefined` where it is not here. */
export function target(node: Node): Node | undefined {
  const { $ref: ref } = keywords(node);
  if (typeof ref !== 'string') return undefined;
  const root: Node = { schema: node.document.root, document: node.document, pointer: '' };
  const hash = ref.indexOf('#');
  const [base, fragment] = hash < 0 ? [ref, ''] : [ref.slice(0, hash), ref.slice(hash + 1)];
  const start = base === '' || base === keywords(root)['$id'] ? root : find(root, (part) => part['$id'] === base);
  if (start === undefined || fragment === '') return start;
  if (!fragment.startsWith('/')) return find(root, (part) => part['$anchor'] === fragment);
  const steps = decodeURIComponent(fragment)
    .slice(1)
    .split('/')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  return child(start, ...steps);
}

/** What is in `$defs` is where schemas with names of their own are kept. */
function find(root: Node, isMeant: (part: Keywords) => boolean): Node | undefined {
  for (const keyword of ['$defs', 'definitions']) {
    const definitions = keywords(root)[keyword];
    for (const name of isObject(definitions) ? Object.keys(definitions) : []) {
      const part = child(root, keyword, name);
      if (part !== undefined && isMeant(keywords(part))) return part;
    }
  }
  return undefined;
}

export function isObject(value: unknown): value is Keywords {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A number that is there; else `undefined`. */
export function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

/** The entries of a list; none where it is not a list. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The texts of a list. */
export function textsOf(value: unknown): readonly string[] {
  return listOf(value).filter((entry) => typeof entry === 'string');
}
