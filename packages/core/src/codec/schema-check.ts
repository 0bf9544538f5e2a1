import { messageOf } from '../errors/message-of.ts';
import type { Schema } from '../model/schema.ts';

/** A validation that is done, or its issues in one line. */
export type Checked = { readonly value: unknown } | { readonly problem: string };

/**
 * Validates by a Standard Schema; at once where the schema can. A schema that throws has refused the value, and so has one
 * whose answer is not a result: what is not known to be valid is not.
 */
export function check(schema: Schema, value: unknown): Checked | Promise<Checked> {
  try {
    const result: unknown = schema['~standard'].validate(value);
    // Also a promise of another realm, or of a library of its own.
    return isObject(result) && 'then' in result && typeof result.then === 'function'
      ? new Promise((resolve) => resolve(result)).then(toChecked).catch(refusedBy)
      : toChecked(result);
  } catch (thrown) {
    return refusedBy(thrown);
  }
}

function refusedBy(thrown: unknown): Checked {
  return { problem: `its schema threw: ${messageOf(thrown)}` };
}

function toChecked(result: unknown): Checked {
  if (isObject(result)) {
    const issues = 'issues' in result ? result.issues : undefined;
    if (isList(issues)) return { problem: issues.slice(0, 5).map(describe).join('; ') || 'its schema refused it' };
    if (issues === undefined && 'value' in result) return { value: result.value };
  }
  return { problem: 'its schema answered with neither value nor issues. Use one that follows Standard Schema' };
}

function describe(issue: unknown): string {
  const message = messageOf(issue);
  const path = isObject(issue) && 'path' in issue && isList(issue.path) ? issue.path.map(segment).join('.') : '';
  return path === '' ? message : `${path}: ${message}`;
}

function segment(part: unknown): string {
  return messageOf(isObject(part) && 'key' in part ? part.key : part);
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}
