import type { Schema, SchemaIssue, SchemaResult } from '../model/schema.ts';

/** A validation that is done, or its issues in one line. */
export type Checked = { readonly value: unknown } | { readonly problem: string };

/** Validates by a Standard Schema; at once where the schema can. A schema that throws has refused the value. */
export function check(schema: Schema, value: unknown): Checked | Promise<Checked> {
  try {
    const result: SchemaResult<unknown> | Promise<SchemaResult<unknown>> = schema['~standard'].validate(value);
    return result instanceof Promise ? result.then(toChecked, refusedBy) : toChecked(result);
  } catch (thrown) {
    return refusedBy(thrown);
  }
}

function refusedBy(thrown: unknown): Checked {
  return { problem: `its schema threw: ${thrown instanceof Error ? thrown.message : String(thrown)}` };
}

function toChecked(result: SchemaResult<unknown>): Checked {
  if (result.issues === undefined) return { value: result.value };
  return { problem: result.issues.slice(0, 5).map(describe).join('; ') };
}

function describe(issue: SchemaIssue): string {
  const path = issue.path?.map((part) => String(typeof part === 'object' ? part.key : part)).join('.') ?? '';
  return path === '' ? issue.message : `${path}: ${issue.message}`;
}
