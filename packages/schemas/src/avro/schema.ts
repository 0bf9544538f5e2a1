/** A parsed Avro schema; named types are shared objects, so that recursion ends. */
export type Avro =
  | { readonly kind: 'primitive'; readonly name: Primitive; readonly logical: Logical | undefined }
  | { readonly kind: 'union'; readonly branches: readonly Avro[] }
  | { readonly kind: 'array' | 'map'; readonly items: Avro }
  | Named;

export type Primitive = 'null' | 'boolean' | 'int' | 'long' | 'float' | 'double' | 'bytes' | 'string';

export type Named = {
  readonly name: string;
  readonly aliases: readonly string[];
} & (
  | { readonly kind: 'record'; fields: readonly Field[] }
  | { readonly kind: 'enum'; readonly symbols: readonly string[]; readonly fallback: string | undefined }
  | { readonly kind: 'fixed'; readonly size: number; readonly logical: Logical | undefined }
);

export interface Field {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly hasDefault: boolean;
  readonly type: Avro;
}

/** A logical type and the attributes that give its bytes another meaning. */
export interface Logical {
  readonly name: string;
  readonly precision: unknown;
  readonly scale: unknown;
}

const primitives = new Set(['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string']);

/** Thrown for what is not an Avro schema. */
class InvalidAvro extends TypeError {}

/** Reads a schema as `JSON.parse` gives it. Throws {@link InvalidAvro}. */
export function parseAvro(schema: unknown): Avro {
  return new Parser().parse(schema, '');
}

class Parser {
  readonly #named = new Map<string, Named>();

  parse(schema: unknown, namespace: string): Avro {
    if (typeof schema === 'string') return this.#byName(schema, namespace, undefined);
    if (Array.isArray(schema))
      return { kind: 'union', branches: schema.map((branch: unknown) => this.parse(branch, namespace)) };
    if (!isRecord(schema)) throw new InvalidAvro(`not an Avro schema: ${JSON.stringify(schema)}`);
    const { type } = schema;
    if (typeof type !== 'string') return this.parse(type, namespace);
    if (type === 'array') return { kind: 'array', items: this.parse(schema['items'], namespace) };
    if (type === 'map') return { kind: 'map', items: this.parse(schema['values'], namespace) };
    if (type === 'record' || type === 'error') return this.#record(schema, namespace);
    if (type === 'enum') return this.#enum(schema, namespace);
    if (type === 'fixed') return this.#fixed(schema, namespace);
    return this.#byName(type, namespace, logicalOf(schema));
  }

  #byName(name: string, namespace: string, logical: Logical | undefined): Avro {
    if (isPrimitive(name)) return { kind: 'primitive', name, logical };
    const named = this.#named.get(fullName(name, namespace)) ?? this.#named.get(name);
    if (named === undefined) throw new InvalidAvro(`unknown Avro type "${name}"`);
    return named;
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
    record.fields = listOf(schema['fields']).map((field) => {
      if (!isRecord(field)) throw new InvalidAvro(`record "${name}" has a field that is not an object`);
      return {
        name: textOf(field['name']),
        aliases: listOf(field['aliases']).map(textOf),
        hasDefault: 'default' in field,
        type: this.parse(field['type'], namespace),
      };
    });
    return record;
  }

  #enum(schema: Record<string, unknown>, outer: string): Avro {
    const { name, namespace } = nameOf(schema, outer);
    const fallback = schema['default'];
    return this.#define({
      kind: 'enum',
      name,
      aliases: aliasesOf(schema, namespace),
      symbols: listOf(schema['symbols']).map(textOf),
      fallback: typeof fallback === 'string' ? fallback : undefined,
    });
  }

  #fixed(schema: Record<string, unknown>, outer: string): Avro {
    const { name, namespace } = nameOf(schema, outer);
    const aliases = aliasesOf(schema, namespace);
    return this.#define({ kind: 'fixed', name, aliases, size: Number(schema['size']), logical: logicalOf(schema) });
  }

  #define(named: Named): Named {
    if (this.#named.has(named.name)) throw new InvalidAvro(`Avro type "${named.name}" is defined twice`);
    this.#named.set(named.name, named);
    return named;
  }
}

/** The last part of a full name: what resolution compares. */
export function shortName(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

function nameOf(schema: Record<string, unknown>, outer: string): { readonly name: string; readonly namespace: string } {
  const own = schema['namespace'];
  const name = fullName(textOf(schema['name']), typeof own === 'string' ? own : outer);
  return { name, namespace: name.includes('.') ? name.slice(0, name.lastIndexOf('.')) : '' };
}

function aliasesOf(schema: Record<string, unknown>, namespace: string): string[] {
  return listOf(schema['aliases']).map((alias) => fullName(textOf(alias), namespace));
}

function fullName(name: string, namespace: string): string {
  return name.includes('.') || namespace === '' ? name : `${namespace}.${name}`;
}

function logicalOf(schema: Record<string, unknown>): Logical | undefined {
  const { logicalType: name, precision, scale = 0 } = schema;
  return typeof name === 'string' ? { name, precision, scale: name === 'decimal' ? scale : undefined } : undefined;
}

function isPrimitive(name: string): name is Primitive {
  return primitives.has(name);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function textOf(value: unknown): string {
  if (typeof value !== 'string') throw new InvalidAvro(`expected a name, got ${JSON.stringify(value)}`);
  return value;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
