import { type CodecSchemas, StreamError } from '@isostream/core';
import { messageOf } from '@isostream/core/adapter';
import {
  requireType,
  type RegisteredSchema,
  type SchemaKind,
  type SchemaRegistry,
  type WrittenSchema,
} from '../registries/registry.ts';

/** How contracts find the newest schema that a registry has for an event type. */
export function newestOf(
  registry: SchemaRegistry | undefined,
  kind: SchemaKind,
  own: (type: string) => WrittenSchema,
  describe: (schema: RegisteredSchema) => object,
): Pick<CodecSchemas, 'newest'> {
  if (registry?.newest === undefined) return {};
  return {
    newest: async (about) => {
      const found = await registry.newest?.(own(about.type), about);
      if (found === undefined) return undefined;
      requireType(found, kind, 'invalid-config');
      return described(found, kind, describe);
    },
  };
}

/** Throws `invalid-config` for what is none of its kind: parsers have errors of their own, which do not say where it came from. */
export function described<Described>(
  schema: RegisteredSchema,
  kind: SchemaKind,
  describe: (schema: RegisteredSchema) => Described,
): Described {
  try {
    return describe(schema);
  } catch (cause) {
    if (StreamError.is(cause)) throw cause;
    throw new StreamError(
      'invalid-config',
      `schema ${schema.id} of the registry is not one of ${kind}: ${messageOf(cause)}. Register one that is`,
      { where: 'codec', cause },
    );
  }
}
