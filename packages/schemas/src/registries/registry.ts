import { type DataAbout, type Header, type StoredDataAbout, StreamError } from '@isostream/core';

/** A schema as a registry keeps it. */
export interface RegisteredSchema {
  readonly id: number | string;
  readonly type: string;
  readonly text: string;
  /** The same in every registry that has this schema, where the registry says so. */
  readonly guid?: string;
  /** The texts of the schemas that it refers to, each behind those that it needs itself. */
  readonly references: readonly string[];
}

/** The schema that an event is written with. */
export interface WrittenSchema {
  readonly type: SchemaKind;
  readonly text: string;
  /** Its own full name, if it has one. */
  readonly name: string | undefined;
  /** The same as source text, for registries that take no descriptor of a Protobuf file. May throw `unsupported`. */
  readonly source?: () => string;
  /** The schemas that it refers to, by the name that it calls them. They are registered before it. */
  readonly references?: readonly { readonly name: string; readonly schema: WrittenSchema }[];
}

export type SchemaKind = 'AVRO' | 'JSON' | 'PROTOBUF';

/**
 * How events say which message of a Protobuf file they are: by its place, as Confluent's clients do (`path`), or by its number among the
 * names of all, as AWS's do.
 */
export type MessageIndexing = 'path' | 'number';

/** An event as it is stored, taken apart. */
export interface OpenedPayload {
  readonly id: number | string;
  /** They hold the payload, from `start` to their end. */
  readonly bytes: Uint8Array;
  readonly start: number;
  /** Which message of a Protobuf schema it is, where that does not stand at the start of the payload. */
  readonly index?: Uint8Array;
}

/** How events of one schema say which one that is. */
export interface Frame {
  /** What the whole is. */
  readonly contentType: string;
  /** Stands before each payload. */
  readonly prefix: Uint8Array;
  /** Go with each payload; of those that the registry names. */
  readonly headers?: readonly Header[];
  /** What the payload is made before that, such as smaller. */
  readonly pack?: (payload: Uint8Array) => Uint8Array;
}

/** Where codecs find which schema an event was written with. What it has to ask for it asks once. */
export interface SchemaRegistry {
  /** Names of the headers in which events may say their schema. */
  readonly headers?: readonly string[];
  /** Default `path`. */
  readonly messageIndexing?: MessageIndexing;
  /** The media types that events of this kind have, the first of them where they do not say. */
  contentTypes(type: SchemaKind): readonly string[];
  /** The schema to write with: at once where it is known. Rejects with a retryable error while the registry is away. */
  writing(schema: WrittenSchema, about: DataAbout): RegisteredSchema | Promise<RegisteredSchema>;
  /** Takes the payload and the name of its schema apart. Throws `undecodable` for bytes that name none. */
  open(bytes: Uint8Array, about: StoredDataAbout): OpenedPayload;
  /** The schema of this id: at once where it is known. Rejects as above, and with `undecodable` for an id that does not exist. */
  reading(id: number | string): RegisteredSchema | Promise<RegisteredSchema>;
  /**
   * The newest version of what this schema is registered as, asked for each time; `undefined` where there is none. Registers nothing.
   * Rejects as `writing` does. Contracts are compared with it; without it they cannot be.
   */
  newest?(schema: WrittenSchema, about: DataAbout): Promise<RegisteredSchema | undefined>;
  /** What goes with each payload of this schema; `index` says which message of a Protobuf schema it is. */
  frame(schema: RegisteredSchema, type: SchemaKind, index?: Uint8Array): Frame;
}

/** What stored bytes are not. */
export function undecodable(message: string, cause?: unknown): StreamError {
  return new StreamError('undecodable', message, { where: 'codec', cause });
}

/** Throws for a schema of another kind than the codec's: `undecodable` of stored events, else `invalid-config`. */
export function requireType(schema: RegisteredSchema, type: SchemaKind, code: 'undecodable' | 'invalid-config'): void {
  if (schema.type === type) return;
  const problem = `${schema.id}, which is one of ${schema.type}, not of ${type}`;
  throw code === 'undecodable'
    ? undecodable(`names schema ${problem}`)
    : new StreamError(
        code,
        `is to write with schema ${problem}. Name one of this kind, or use the codec of that kind`,
        {
          where: 'codec',
        },
      );
}

/** What `ask` answers; `undefined` where it is refused with `undecodable`, which it has to be for what is not there. */
export async function unlessAbsent<Answer>(ask: () => Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (StreamError.is(error) && error.code === 'undecodable') return undefined;
    throw error;
  }
}

/** The value of the last header of this name. */
export function headerOf(headers: readonly Header[], name: string): string | Uint8Array | undefined {
  for (let index = headers.length - 1; index >= 0; index--) {
    const header = headers[index];
    if (header?.[0] === name) return header[1];
  }
  return undefined;
}
