import { type Avro, type Named, shortName } from './model.ts';

/** What a written primitive may be read as besides itself. */
export const promotions: Readonly<Record<string, readonly string[]>> = {
  int: ['long', 'float', 'double'],
  long: ['float', 'double'],
  float: ['double'],
  string: ['bytes'],
  bytes: ['string'],
};

/** The branch of the same kind and name, its full name first; else the first that a promotion leads to. */
export function findBranch(branches: readonly Avro[], writer: Exclude<Avro, { kind: 'union' }>): Avro | undefined {
  if (writer.kind === 'primitive') {
    const primitives = branches.filter((branch) => branch.kind === 'primitive');
    return (
      primitives.find(({ name }) => name === writer.name) ??
      primitives.find(({ name }) => promotions[writer.name]?.includes(name))
    );
  }
  if (!isNamed(writer)) return branches.find(({ kind }) => kind === writer.kind);
  const named = branches.filter((branch) => isNamed(branch)).filter(({ kind }) => kind === writer.kind);
  return (
    named.find(({ name }) => name === writer.name) ??
    named.find(({ aliases }) => aliases.includes(writer.name)) ??
    named.find((branch) => isSameName(branch, writer))
  );
}

export function isNamed(schema: Avro): schema is Named {
  return schema.kind === 'record' || schema.kind === 'enum' || schema.kind === 'fixed';
}

/** Unqualified names count, and the reader's aliases, which are full names. */
export function isSameName(reader: Named, writer: Named): boolean {
  return shortName(reader.name) === shortName(writer.name) || reader.aliases.includes(writer.name);
}
