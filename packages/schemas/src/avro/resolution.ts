import { type Comparison, concluded, type Finding } from '../compatibility/comparison.ts';
import type { Logical } from './logical.ts';
import { findBranch, isNamed, isSameName, promotions } from './matching.ts';
import { type Avro, type Field, type Named, shortName } from './model.ts';

/**
 * Whether a reader with one schema takes everything that a writer with the other may write. With `byFullName` the reader is a library
 * that compares full names, as avsc does: a type that moves to another namespace needs an alias there.
 */
export function compareParsed(reader: Avro, writer: Avro, byFullName = false): Comparison {
  const comparer = new Resolution(byFullName);
  comparer.resolve(reader, writer, '');
  return concluded(comparer.findings);
}

class Resolution {
  readonly findings: Finding[] = [];
  /** Pairs that are being compared, or were: recursion ends here. */
  readonly #seen = new Map<Avro, Set<Avro>>();
  readonly #byFullName: boolean;

  constructor(byFullName: boolean) {
    this.#byFullName = byFullName;
  }

  resolve(reader: Avro, writer: Avro, path: string): void {
    if (writer.kind === 'union') {
      for (const branch of writer.branches) this.resolve(reader, branch, path);
      return;
    }
    if (reader.kind === 'union') {
      const found = findBranch(reader.branches, writer);
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
      else if (reader.name !== writer.name && (isDecimal(reader.logical) || isDecimal(writer.logical)))
        this.#break(
          path,
          `the bytes of ${describe(writer)} are read as ${describe(reader)}: a decimal is not text`,
          'Add a field with the new type and keep the old one',
        );
      else this.#logical(reader.logical, writer.logical, path, reader.name === 'string');
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
        aliasFor(reader, writer),
      );
    if (
      shortName(reader.name) === shortName(writer.name) &&
      reader.name !== writer.name &&
      !reader.aliases.includes(writer.name)
    )
      this.findings.push({
        kind: this.#byFullName ? 'breaking' : 'advice',
        path,
        problem: `"${writer.name}" moved to "${reader.name}": libraries that compare full names refuse it`,
        cure: aliasFor(reader, writer),
      });
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
    const takenBy = new Map<Field, Field>();
    for (const field of reader.fields) {
      const names = new Set([field.name, ...field.aliases]);
      const [written, ...others] = writer.fields.filter(({ name }) => names.has(name));
      const at = path === '' ? field.name : `${path}.${field.name}`;
      const other = written === undefined ? undefined : takenBy.get(written);
      if (written !== undefined) takenBy.set(written, field);
      if (others.length > 0)
        this.#break(
          at,
          `by its aliases it is each of "${writer.fields
            .filter(({ name }) => names.has(name))
            .map(({ name }) => name)
            .join('", "')}" of the writer, and readers refuse to choose`,
          'Remove the alias of a field that the writer has beside it',
        );
      else if (other !== undefined)
        this.#break(
          at,
          `"${written?.name ?? ''}" of the writer is "${other.name}" and "${field.name}" of the reader: one of them gets no value`,
          'Give a field of the writer to one field of the reader, by its name or by one alias',
        );
      else if (written !== undefined) this.resolve(field.type, written.type, at);
      else if (!field.hasDefault)
        this.#break(
          at,
          `the reader wants field "${field.name}", which the writer does not have`,
          'Give the field a default in the reader',
        );
      else if (field.isLateDefault)
        this.#advise(
          at,
          `the default of "${field.name}" is not of the first type of its union: libraries before Avro 1.12 refuse the schema`,
          'Put the type of the default first',
        );
    }
  }

  #symbols(reader: Named & { kind: 'enum' }, writer: Named & { kind: 'enum' }, path: string): void {
    const unknown = writer.symbols.filter((symbol) => !reader.symbols.includes(symbol));
    if (unknown.length === 0) return;
    const listed = unknown.map((symbol) => `"${symbol}"`).join(', ');
    if (reader.fallback === undefined)
      this.#break(
        path,
        `the reader does not know ${listed} of enum "${writer.name}"`,
        'Give the enum a default in the reader: the default of a field does not help',
      );
    else this.#advise(path, `${listed} of enum "${writer.name}" is read as "${reader.fallback}"`);
  }

  /** Logical types take no part in resolution, but they change what the bytes mean. */
  #logical(reader: Logical | undefined, writer: Logical | undefined, path: string, isText = false): void {
    if (reader === undefined) return;
    if (!reader.isStandard) {
      if (reader.name !== writer?.name)
        this.#advise(
          path,
          `a ${writer?.name ?? 'plain value'} is read as a ${reader.name}, and the specification does not say what that is`,
          'If the same bytes mean something else now, add a field with the new type and keep the old one',
        );
      return;
    }
    // What the specification does not know, readers ignore.
    const given = writer?.isStandard === true ? writer : undefined;
    if (given === undefined) {
      if (reader.name === 'uuid' && isText)
        this.#break(
          path,
          `the reader takes a ${reader.name}, the writer any text`,
          'Keep the plain type, and check the text in the application',
        );
      else this.#advise(path, `the reader takes a ${writer?.name ?? 'plain value'} for a ${reader.name}`);
      return;
    }
    if (reader.name !== given.name)
      this.#break(
        path,
        `a ${given.name} is read as a ${reader.name}: the same bytes, another value`,
        'Add a field with the new type and keep the old one',
      );
    else if (reader.scale !== given.scale || (reader.name === 'decimal' && reader.precision !== given.precision))
      this.#break(
        path,
        `a decimal(${String(given.precision)}, ${String(given.scale)}) is read as a decimal(${String(reader.precision)}, ${String(reader.scale)})`,
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

/** A number as bytes. Of the promotions, only one between bytes and text leads to them. */
function isDecimal(logical: Logical | undefined): boolean {
  return logical?.isStandard === true && (logical.name === 'decimal' || logical.name === 'big-decimal');
}

/** An alias cannot name a type without a namespace from within one. */
function aliasFor(reader: Named, writer: Named): string {
  if (reader.name.includes('.') && !writer.name.includes('.')) return `Keep the name "${writer.name}"`;
  return `Give the reader's type the alias "${writer.name}"`;
}

function describe(schema: Avro): string {
  if (schema.kind === 'primitive') return schema.logical === undefined ? schema.name : schema.logical.name;
  return isNamed(schema) ? `${schema.kind} "${schema.name}"` : schema.kind;
}
