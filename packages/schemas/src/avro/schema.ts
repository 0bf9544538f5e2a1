import { takesDefault } from './defaults.ts';
import { type Logical, logicalOf } from './logical.ts';
import type { Avro, Field, Named, Primitive } from './model.ts';

const primitives = new Set(['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string']);

/** Thrown for what is not an Avro schema. */
class InvalidAvro extends TypeError {}

/** Reads a schema as `JSON.parse` gives it, with those that it refers to by name, each behind what it needs. Throws {@link InvalidAvro}. */
export function parseAvro(schema: unknown, references: readonly unknown[] = []): Avro {
  const parser = new Parser();
  for (const referred of references) parser.parse(referred, '');
  const parsed = parser.parse(schema, '');
  parser.checkDefaults();
  return parsed;
}

class Parser {
  readonly #named = new Map<string, Named>();
  /** Looked at in the end: a type may be used before its fields are known. */
  readonly #defaults: (() => void)[] = [];

  checkDefaults(): void {
    for (const check of this.#defaults) check();
  }

  parse(schema: unknown, namespace: string): Avro {
    if (typeof schema === 'string') return this.#byName(schema, namespace, undefined);
    if (Array.isArray(schema)) return this.#union(schema, namespace);
    if (!isRecord(schema)) throw new InvalidAvro(`not an Avro schema: ${JSON.stringify(schema)}`);
    const { type } = schema;
    if (typeof type !== 'string') return this.parse(type, namespace);
    if (type === 'array') return { kind: 'array', items: this.parse(schema['items'], namespace) };
    if (type === 'map') return { kind: 'map', items: this.parse(schema['values'], namespace) };
    if (type === 'record' || type === 'error') return this.#record(schema, namespace);
    if (type === 'enum') return this.#enum(schema, namespace);
    if (type === 'fixed') return this.#fixed(schema, namespace);
    return this.#byName(type, namespace, logicalOf(schema, type));
  }

  #byName(name: string, namespace: string, logical: Logical | undefined): Avro {
    if (isPrimitive(name)) return { kind: 'primitive', name, logical };
    const named = this.#named.get(fullName(name, namespace)) ?? this.#named.get(name);
    if (named === undefined) throw new InvalidAvro(`unknown Avro type "${name}"`);
    return named;
  }

  #union(schema: readonly unknown[], namespace: string): Avro {
    const branches = schema.map((branch) => this.parse(branch, namespace));
    const names = branches.map((branch) => ('name' in branch ? branch.name : branch.kind));
    if (names.includes('union')) throw new InvalidAvro('an Avro union holds another union');
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined) throw new InvalidAvro(`an Avro union has "${twice}" twice`);
    return { kind: 'union', branches };
  }

  #record(schema: Record<string, unknown>, outer: string): Avro {
    const { name, namespace } = nameOf(schema, outer);
    const record: Named & { kind: 'record' } = {
      kind: 'record',
      name,
      aliases: aliasesOf(schema, namespace),
      fields: [],
    };
    this.#define(record);
    record.fields = requiredList(schema, 'fields', `record "${name}"`).map((field) => this.#field(field, record));
    unique(
      record.fields.map((field) => field.name),
      `record "${name}" has field`,
    );
    return record;
  }

  #field(field: unknown, { name: record }: Named): Field {
    if (!isRecord(field)) throw new InvalidAvro(`record "${record}" has a field that is not an object`);
    const name = textOf(field['name']);
    const type = this.parse(field['type'], namespaceOf(record));
    const { default: given } = field;
    const hasDefault = 'default' in field;
    const parsed = { name, aliases: listOf(field['aliases']).map(textOf), hasDefault, isLateDefault: false, type };
    if (hasDefault)
      this.#defaults.push(() => {
        if (!takesDefault(type, given))
          throw new InvalidAvro(`the default of "${record}.${name}" is not of its type: ${JSON.stringify(given)}`);
        const [first] = type.kind === 'union' ? type.branches : [type];
        parsed.isLateDefault = first !== undefined && !takesDefault(first, given);
      });
    return parsed;
  }

  #enum(schema: Record<string, unknown>, outer: string): Avro {
    const { name, namespace } = nameOf(schema, outer);
    const { default: fallback } = schema;
    const symbols = requiredList(schema, 'symbols', `enum "${name}"`).map(textOf);
    unique(symbols, `enum "${name}" has`);
    if (fallback !== undefined && !(typeof fallback === 'string' && symbols.includes(fallback)))
      throw new InvalidAvro(`the default of enum "${name}" is not one of its symbols: ${JSON.stringify(fallback)}`);
    return this.#define({
      kind: 'enum',
      name,
      aliases: aliasesOf(schema, namespace),
      symbols,
      fallback: typeof fallback === 'string' ? fallback : undefined,
    });
  }

  #fixed(schema: Record<string, unknown>, outer: string): Avro {
    const { name, namespace } = nameOf(schema, outer);
    const aliases = aliasesOf(schema, namespace);
    const { size } = schema;
    if (typeof size !== 'number' || !Number.isInteger(size) || size < 0)
      throw new InvalidAvro(`fixed "${name}" has no size in bytes: ${JSON.stringify(size)}`);
    return this.#define({ kind: 'fixed', name, aliases, size, logical: logicalOf(schema, 'fixed', size) });
  }

  #define(named: Named): Named {
    if (this.#named.has(named.name)) throw new InvalidAvro(`Avro type "${named.name}" is defined twice`);
    this.#named.set(named.name, named);
    return named;
  }
}

function nameOf(schema: Record<string, unknown>, outer: string): { readonly name: string; readonly namespace: string } {
  const own = schema['namespace'];
  const name = fullName(textOf(schema['name']), typeof own === 'string' ? own : outer);
  return { name, namespace: namespaceOf(name) };
}

function namespaceOf(name: string): string {
  return name.includes('.') ? name.slice(0, name.lastIndexOf('.')) : '';
}

function aliasesOf(schema: Record<string, unknown>, namespace: string): string[] {
  return listOf(schema['aliases']).map((alias) => fullName(textOf(alias), namespace));
}

function fullName(name: string, namespace: string): string {
  return name.includes('.') || namespace === '' ? name : `${namespace}.${name}`;
}

function isPrimitive(name: string): name is Primitive {
  return primitives.has(name);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function requiredList(schema: Record<string, unknown>, member: string, what: string): readonly unknown[] {
  const list = schema[member];
  if (Array.isArray(list)) return list;
  throw new InvalidAvro(`${what} has no list of ${member}`);
}

function unique(names: readonly string[], what: string): void {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new InvalidAvro(`${what} "${twice}" twice`);
}

function textOf(value: unknown): string {
  if (typeof value !== 'string') throw new InvalidAvro(`expected a name, got ${JSON.stringify(value)}`);
  return value;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
