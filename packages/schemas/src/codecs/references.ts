import { shown } from '@isostream/core/adapter';
import { checkByType, wrong } from '../options.ts';
import type { SchemaKind, WrittenSchema } from '../registries/registry.ts';

type Named = NonNullable<WrittenSchema['references']>[number];
/** The names by which a schema refers to others. */
type NamesIn = (schema: unknown) => Iterable<string>;

/** The schemas that those of a codec refer to by name, each of which is registered before what refers to it. */
export class References {
  readonly #type: SchemaKind;
  readonly #given: ReadonlyMap<string, unknown>;
  readonly #namesIn: NamesIn;
  readonly #where: string;

  /** Throws `invalid-config` for what is not an object of schemas by their names. */
  constructor(type: SchemaKind, given: unknown, namesIn: NamesIn, where: string) {
    if (given !== undefined) checkByType(given, 'references', 'the schema', where, 'name');
    this.#type = type;
    this.#given = new Map(isObject(given) ? Object.entries(given) : []);
    this.#namesIn = namesIn;
    this.#where = where;
  }

  /** Throws `invalid-config` for schemas that refer to each other in a circle. */
  of(schema: unknown, path: readonly string[] = []): readonly Named[] {
    const found: Named[] = [];
    for (const name of new Set(this.#namesIn(schema))) {
      const referred = this.#given.get(name);
      // A schema may refer to itself: a tree does.
      if (referred === undefined || name === path.at(-1)) continue;
      if (path.includes(name))
        throw wrong(
          `references ${[...path, name].map(shown).join(' → ')} are a circle, and each has to be registered before the other. Write them as one schema`,
          this.#where,
        );
      const references = this.of(referred, [...path, name]);
      found.push({ name, schema: { type: this.#type, text: JSON.stringify(referred), name, references } });
    }
    // Those that others need come first: Confluent's client for Node parses them in this order.
    return found.toSorted((one, other) => depthOf(one) - depthOf(other));
  }
}

function depthOf({ schema: { references = [] } }: Named): number {
  return 1 + Math.max(0, ...references.map(depthOf));
}

/** The texts of all of them, each once and behind those that it needs itself. */
export function textsOf(references: readonly Named[] = []): readonly string[] {
  const texts = new Set<string>();
  for (const { schema } of references) {
    for (const text of textsOf(schema.references)) texts.add(text);
    texts.add(schema.text);
  }
  return [...texts];
}

/** Whether a schema of a registry is the own one, with all that it refers to. */
export function isSame(
  own: { readonly text: string; readonly references: readonly string[] },
  { text, references }: { readonly text: string; readonly references: readonly string[] },
): boolean {
  return (
    text === own.text &&
    references.length === own.references.length &&
    references.every((referred, index) => referred === own.references[index])
  );
}

/** The names of types in an Avro schema: as they stand there, and in the namespace around them. */
export function* avroNames(schema: unknown, namespace = ''): Iterable<string> {
  if (typeof schema === 'string') {
    if (namespace !== '' && !schema.includes('.')) yield `${namespace}.${schema}`;
    yield schema;
  } else if (Array.isArray(schema)) for (const one of schema) yield* avroNames(one, namespace);
  else if (isObject(schema)) {
    const { name, namespace: own, type, fields, items, values } = schema;
    const dot = String(name).lastIndexOf('.');
    const inner = dot > 0 ? String(name).slice(0, dot) : typeof own === 'string' ? own : namespace;
    if (Array.isArray(fields)) for (const field of fields) if (isObject(field)) yield* avroNames(field['type'], inner);
    for (const part of [type, items, values]) if (part !== undefined) yield* avroNames(part, namespace);
  }
}

/** What `$ref` of a JSON Schema names, other than places in itself. */
export function* jsonNames(schema: unknown): Iterable<string> {
  if (!isObject(schema)) return;
  for (const [name, value] of Object.entries(schema)) {
    if (name === '$ref' && typeof value === 'string') yield value.replace(/#.*/s, '');
    else yield* jsonNames(value);
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
