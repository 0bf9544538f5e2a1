import { type DataAbout, type Header, StreamError } from '@isostream/core';

/** A schema as a registry keeps it. */
export interface RegisteredSchema {
  readonly id: number | string;
  readonly type: string;
  readonly text: string;
  /** The texts of the schemas that it refers to, each behind those that it needs itself. */
  readonly references: readonly string[];
}

/** The schema that an event is written with. */
export interface WrittenSchema {
  readonly type: SchemaType;
  readonly text: string;
  /** Its own full name, if it has one. */
  readonly name: string | undefined;
  /** The schemas that it refers to, by the name that it calls them. They are registered before it. */
  readonly references?: readonly { readonly name: string; readonly schema: WrittenSchema }[];
}

export type SchemaType = 'AVRO' | 'JSON' | 'PROTOBUF';

/** An event as it is stored, taken apart. */
export interface OpenedPayload {
  readonly id: number | string;
  readonly payload: Uint8Array;
  /** Which message of a Protobuf schema it is, where that does not stand at the start of the payload. */
  readonly index?: Uint8Array;
}

/** Where codecs find which schema an event was written with. What it has to ask for it asks once. */
export interface SchemaRegistry {
  /** Of media types: `application/vnd.<vendor>.avro`. */
  readonly vendor: string;
  /** The schema to write with: at once where it is known. Rejects with a retryable error while the registry is away. */
  writing(schema: WrittenSchema, about: DataAbout): RegisteredSchema | Promise<RegisteredSchema>;
  /** Takes the payload and the name of its schema apart. Throws `undecodable` for bytes that name none. */
  open(bytes: Uint8Array, headers: readonly Header[]): OpenedPayload;
  /** The schema of this id: at once where it is known. Rejects as above, and with `undecodable` for an id that does not exist. */
  reading(id: number | string): RegisteredSchema | Promise<RegisteredSchema>;
  /** The payload with the name of its schema, and with which message of it this is. */
  frame(id: number | string, payload: Uint8Array, index?: Uint8Array): Uint8Array;
}

/** What stored bytes are not. */
export function undecodable(message: string, cause?: unknown): StreamError {
  return new StreamError('undecodable', message, { where: 'codec', cause });
}

/** Throws for a schema of another kind than the codec's: `undecodable` of stored events, else `invalid-config`. */
export function requireType(schema: RegisteredSchema, type: SchemaType, code: 'undecodable' | 'invalid-config'): void {
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
