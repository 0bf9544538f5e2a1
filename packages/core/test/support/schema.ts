import type { Schema, SchemaIssue } from '../../src/model/schema.ts';

/** A schema that takes anything. */
export const anything: Schema = schemaOf((value) => ({ value }));

/** A schema made of a function. */
export function schemaOf<Input, Output = Input>(
  validate: (
    value: unknown,
  ) => { value: Output } | { issues: SchemaIssue[] } | Promise<{ value: Output } | { issues: SchemaIssue[] }>,
): Schema<Input, Output> {
  return { '~standard': { version: 1, vendor: 'test', validate } };
}
