import { StreamError } from '../errors/stream-error.ts';
import { checkNames, refused } from '../options/checks.ts';
import { isDataSchema } from './data-schema.ts';
import type { Schema } from './schema.ts';

/** A version of an event type that is no longer written, and how its data becomes that of the next newer version. */
export interface OlderVersion {
  /** What its events say of themselves: an absolute URI. */
  readonly dataSchema: string;
  readonly schema: Schema;
  /** From what its schema puts out to what the schema of the next newer version takes in. Must not change its argument. */
  readonly upcast: (data: never) => unknown;
}

export interface VersionsOptions<Input, Output> {
  /** What events say of themselves that are written now: an absolute URI. */
  readonly dataSchema: string;
  readonly schema: Schema<Input, Output>;
  /** Newest first. Events without a `dataSchema` are of the last one. */
  readonly older: readonly OlderVersion[];
}

/** The schema of an event type that has had others before. */
export interface VersionedSchema<Input = unknown, Output = Input> extends Schema<Input, Output> {
  readonly versions: VersionsOptions<Input, Output>;
}

/**
 * An event type with several versions. Events are written as the newest and say so in their `dataSchema`; events of older versions
 * are checked by their own schema, and brought up to the newest step by step, before a handler sees them. Events of a version that is
 * not listed are read as the newest: a newer writer may be ahead of this reader. Throws `invalid-config` for what means nothing.
 */
export function versions<Input, Output>(options: VersionsOptions<Input, Output>): VersionedSchema<Input, Output> {
  checkNames(options, ['dataSchema', 'schema', 'older'], where);
  const { schema, older } = options;
  // Whatever a program without types may give.
  const given: unknown = older;
  if (!Array.isArray(given))
    throw refused('older', given, 'a list of { dataSchema, schema, upcast }, newest first', where);
  const names = new Set<string>();
  for (const version of [options, ...older]) {
    const { dataSchema } = version;
    // What is refused as it is sent is refused here.
    if (!isDataSchema(dataSchema)) throw refused('dataSchema', dataSchema, dataSchemaForm, where);
    if (names.has(dataSchema))
      throw new StreamError(
        'invalid-config',
        `dataSchema ${JSON.stringify(dataSchema)} names two versions. Give each its own`,
        { where },
      );
    names.add(dataSchema);
    if (!isSchema(version.schema)) throw refused('schema', version.schema, 'one that follows Standard Schema', where);
  }
  for (const { upcast } of older)
    if (typeof upcast !== 'function') throw refused('upcast', upcast, 'a function of the older data', where);
  return Object.freeze({
    '~standard': schema['~standard'],
    versions: Object.freeze({ ...options, older: [...older] }),
  });
}

const where = 'versions';
const dataSchemaForm = 'an absolute URI of at most 1,024 bytes, such as https://example.com/schemas/placed/2';

/** The versions of a schema that {@link versions} made; `undefined` of any other. */
export function versionsOf(schema: object): VersionsOptions<unknown, unknown> | undefined {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what else has this name is none of ours
  return 'versions' in schema && '~standard' in schema ? (schema as VersionedSchema).versions : undefined;
}

function isSchema(value: unknown): boolean {
  return (typeof value === 'object' || typeof value === 'function') && value !== null && '~standard' in value;
}
