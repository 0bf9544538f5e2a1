import { type Comparison, concluded, type Evolution, evolution, type Finding } from '../compatibility/comparison.ts';
import { type Avro, type Logical, type Named, parseAvro, shortName } from './schema.ts';

export type { Comparison, Evolution, Finding, Verdict } from '../compatibility/comparison.ts';

/**
 * Whether a change of an Avro schema breaks readers of the old or of the new one.
 * The rules are those of schema resolution in the Avro specification 1.12. Beyond them, logical types count: bytes that resolve
 * to another moment or another number are a break. Schemas are values as `JSON.parse` returns them.
 * Throws a `TypeError` for what is not an Avro schema.
 */
export function checkAvroEvolution(before: unknown, after: unknown): Evolution {
  return evolution(compareAvro, before, after);
}

/** Whether a reader with one schema takes everything that a writer with the other may write. */
export function compareAvro(reader: unknown, writer: unknown): Comparison {
  const comparer = new Resolution();
  comparer.resolve(parseAvro(reader), parseAvro(writer), '');
  return concluded(comparer.findings);
}

/** What a written primitive may be read as besides itself. */
const promotions: Readonly<Record<string, readonly string[]>> = {
  int: ['long', 'float', 'double'],
  long: ['float', 'double'],
  float: ['double'],
  string: ['bytes'],
  bytes: ['string'],
};

/** Readers of these refuse some values of the bare type below. */
const narrowing = new Set(['uuid']);

class Resolution {
  readonly findings: Finding[] = [];
  /** Pairs that are being compared, or were: recursion ends here. */
  readonly #seen = new Map<Avro, Set<Avro>>();

  resolve(reader: Avro, writer: Avro, path: string): void {
    if (writer.kind === 'union') {
      for (const branch of writer.branches) this.resolve(reader, branch, path);
      return;
    }
    if (reader.kind === 'union') {
      const found = matchingBranch(reader.branches, writer);
      if (found === undefined)
        this.#break(
          path,
          `no branch of the reader's union takes ${describe(writer)}`,
          'Add the branch to the reader first',
        );
      else this.resolve(found, writer, path);
      return;
    }
    const seen = this.#seen.get(reader) ?? new Set();
    if (seen.has(writer)) return;
    this.#seen.set(reader, seen.add(writer));
    this.#resolveSingle(reader, writer, path);
  }

  #resolveSingle(
    reader: Exclude<Avro, { kind: 'union' }>,
    writer: Exclude<Avro, { kind: 'union' }>,
    path: string,
  ): void {
    if (reader.kind === 'array' && writer.kind === 'array')
      return this.resolve(reader.items, writer.items, `${path}[]`);
    if (reader.kind === 'map' && writer.kind === 'map') return this.resolve(reader.items, writer.items, `${path}{}`);
    if (reader.kind === 'primitive' && writer.kind === 'primitive') {
      const isRead = reader.name === writer.name || promotions[writer.name]?.includes(reader.name) === true;
      if (!isRead)
        this.#break(
          path,
          `${describe(writer)} cannot be read as ${describe(reader)}`,
          'Add a field with the new type and keep the old one',
        );
      else this.#logical(reader.logical, writer.logical, path);
      return;
    }
    if (!isNamed(reader) || !isNamed(writer) || reader.kind !== writer.kind)
      return this.#break(
        path,
        `${describe(writer)} cannot be read as ${describe(reader)}`,
        'Add a field with the new type and keep the old one',
      );
    if (!isSameName(reader, writer))
      return this.#break(
        path,
        `${writer.kind} "${writer.name}" is called "${reader.name}" by the reader`,
        `Give the reader's type the alias "${writer.name}"`,
      );
    if (
      shortName(reader.name) === shortName(writer.name) &&
      reader.name !== writer.name &&
      !reader.aliases.includes(writer.name)
    )
      this.#advise(
        path,
        `"${writer.name}" moved to "${reader.name}": libraries that compare full names refuse it`,
        `Give the reader's type the alias "${writer.name}"`,
      );
    if (reader.kind === 'record' && writer.kind === 'record') this.#fields(reader, writer, path);
    if (reader.kind === 'enum' && writer.kind === 'enum') this.#symbols(reader, writer, path);
    if (reader.kind === 'fixed' && writer.kind === 'fixed') {
      if (reader.size !== writer.size)
        this.#break(
          path,
          `fixed of ${writer.size} bytes is read as ${reader.size} bytes`,
          'Use a new type with another name',
        );
      else this.#logical(reader.logical, writer.logical, path);
    }
  }

  #fields(reader: Named & { kind: 'record' }, writer: Named & { kind: 'record' }, path: string): void {
    for (const field of reader.fields) {
      const names = [field.name, ...field.aliases];
      const written =
        writer.fields.find(({ name }) => name === field.name) ?? writer.fields.find(({ name }) => names.includes(name));
      const at = path === '' ? field.name : `${path}.${field.name}`;
      if (written !== undefined) this.resolve(field.type, written.type, at);
      else if (!field.hasDefault)
        this.#break(
          at,
          `the reader wants field "${field.name}", which the writer does not have`,
          'Give the field a default in the reader',
        );
    }
  }

  #symbols(reader: Named & { kind: 'enum' }, writer: Named & { kind: 'enum' }, path: string): void {
    const unknown = writer.symbols.filter((symbol) => !reader.symbols.includes(symbol));
    if (unknown.length === 0) return;
    const listed = unknown.map((symbol) => `"${symbol}"`).join(', ');
    if (reader.fallback === undefined || !reader.symbols.includes(reader.fallback))
      this.#break(
        path,
        `the reader does not know ${listed} of enum "${writer.name}"`,
        'Give the enum a default in the reader: the default of a field does not help',
      );
    else this.#advise(path, `${listed} of enum "${writer.name}" is read as "${reader.fallback}"`);
  }

  /** Logical types take no part in resolution, but they change what the bytes mean. */
  #logical(reader: Logical | undefined, writer: Logical | undefined, path: string): void {
    if (reader === undefined) return;
    if (writer === undefined) {
      if (narrowing.has(reader.name))
        this.#break(
          path,
          `the reader takes a ${reader.name}, the writer any text`,
          'Keep the plain type, and check the text in the application',
        );
      else this.#advise(path, `the reader takes a plain value for a ${reader.name}`);
      return;
    }
    if (reader.name !== writer.name)
      this.#break(
        path,
        `a ${writer.name} is read as a ${reader.name}: the same bytes, another value`,
        'Add a field with the new type and keep the old one',
      );
    else if (reader.scale !== writer.scale || (reader.name === 'decimal' && reader.precision !== writer.precision))
      this.#break(
        path,
        `a decimal(${String(writer.precision)}, ${String(writer.scale)}) is read as a decimal(${String(reader.precision)}, ${String(reader.scale)})`,
        'Add a field with the new type and keep the old one',
      );
  }

  #break(path: string, problem: string, cure: string): void {
    this.findings.push({ kind: 'breaking', path, problem, cure });
  }

  #advise(path: string, problem: string, cure?: string): void {
    this.findings.push({ kind: 'advice', path, problem, ...(cure === undefined ? {} : { cure }) });
  }
}

/** The branch of the same kind and name, else the first that a promotion leads to. */
function matchingBranch(branches: readonly Avro[], writer: Exclude<Avro, { kind: 'union' }>): Avro | undefined {
  const exact = branches.find((branch) =>
    branch.kind === 'primitive' && writer.kind === 'primitive'
      ? branch.name === writer.name
      : branch.kind === writer.kind && (!isNamed(branch) || !isNamed(writer) || isSameName(branch, writer)),
  );
  if (exact !== undefined || writer.kind !== 'primitive') return exact;
  return branches.find(
    (branch) => branch.kind === 'primitive' && promotions[writer.name]?.includes(branch.name) === true,
  );
}

function isNamed(schema: Avro): schema is Named {
  return schema.kind === 'record' || schema.kind === 'enum' || schema.kind === 'fixed';
}

/** Unqualified names count, and the reader's aliases. */
function isSameName(reader: Named, writer: Named): boolean {
  return (
    shortName(reader.name) === shortName(writer.name) ||
    reader.aliases.some((alias) => alias === writer.name || shortName(alias) === shortName(writer.name))
  );
}

function describe(schema: Avro): string {
  if (schema.kind === 'primitive') return schema.logical === undefined ? schema.name : schema.logical.name;
  return isNamed(schema) ? `${schema.kind} "${schema.name}"` : schema.kind;
}
