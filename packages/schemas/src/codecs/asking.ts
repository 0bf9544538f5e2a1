import type { CodedData } from '@isostream/core';
import type { RegisteredSchema } from '../registries/registry.ts';

/**
 * What `write` makes of the schema: at once where it is known, else by a function that asks for it each time that it is called. The
 * first question is part of the first attempt.
 */
export function asking(
  ask: () => RegisteredSchema | Promise<RegisteredSchema>,
  write: (schema: RegisteredSchema) => CodedData,
): CodedData | (() => Promise<CodedData>) {
  const known = ask();
  if (!(known instanceof Promise)) return write(known);
  known.catch(() => undefined);
  let first: Promise<RegisteredSchema> | undefined = known;
  return async () => {
    const asked = first ?? ask();
    first = undefined;
    return write(await asked);
  };
}
