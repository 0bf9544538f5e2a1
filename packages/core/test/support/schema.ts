import type { Schema, SchemaResult } from '../../src/model/schema.ts';

/** A schema that takes anything. */
export const anything: Schema = schemaOf((value) => ({ value }));

/** A schema made of a function. */
export function schemaOf<Input, Output = Input>(
  validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>,
): Schema<Input, Output> {
  return { '~standard': { version: 1, vendor: 'test', validate } };
}
