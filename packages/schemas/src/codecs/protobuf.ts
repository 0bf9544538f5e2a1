import { create, type DescFile, type DescMessage, fromBinary, type Message, toBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import {
  type CodecSchemas,
  type CodedData,
  type DataAbout,
  type DataCodec,
  type StoredDataAbout,
  StreamError,
} from '@isostream/core';
import {
  type MessageIndexing,
  type OpenedPayload,
  type RegisteredSchema,
  requireType,
  type SchemaRegistry,
  undecodable,
  type WrittenSchema,
} from '../registries/registry.ts';
import { descriptorIn, messagesOf } from './protobuf/file-messages.ts';
import { fileText } from './protobuf/file-text.ts';
import { indexOf, namedIn } from './protobuf/message-index.ts';
import { type Longs, Values } from './protobuf/values.ts';
import { checkWire, checkWritten } from './protobuf/wire-check.ts';
import type { CodecSchema } from '../contracts/codec-schema.ts';
import { checkByType, checkOneOf, checkOptions, checkRegistry } from '../options.ts';
import { described } from './newest.ts';
import { framed, Writing } from './writing.ts';

export interface ProtobufOptions {
  /** The message of each event type, as `protoc-gen-es` generates it (`PlacedSchema`). */
  readonly messages: Readonly<Record<string, DescMessage>>;
  /** Where events say which schema they were written with. Without one they are bare messages. */
  readonly registry?: SchemaRegistry;
  /** What a field of 64 bits is: a number, which refuses those beyond 2^53, or a bigint. Default `number`. */
  readonly longs?: Longs;
}

interface OwnMessage {
  readonly message: DescMessage;
  readonly schema: WrittenSchema;
}

interface FoundMessage {
  readonly message: DescMessage;
  /** The bytes that say so at the start of a payload. No such bytes are the start of others. */
  readonly before: Uint8Array;
}

/**
 * Data as Protobuf messages, by the library `@bufbuild/protobuf`. Events have plain objects: the JSON mapping of Protobuf, with
 * numbers or bigints for 64 bits and bytes as bytes. With a registry, what is written begins with the schema's id and which message of
 * it this is, as Confluent's clients write it. A message of another name, or bytes of another kind, is `undecodable`. Throws
 * `invalid-config` for what is not a message.
 */
export function protobuf(options: ProtobufOptions): DataCodec {
  return new ProtobufCodec(options);
}

class ProtobufCodec implements DataCodec {
  readonly name = 'protobuf';
  readonly contentTypes: readonly string[];
  readonly headers: readonly string[];
  readonly #registry: SchemaRegistry | undefined;
  readonly #indexing: MessageIndexing;
  readonly #own = new Map<string, OwnMessage>();
  readonly #values: Values;
  readonly #writing = new Writing<Uint8Array>();
  /** By event type, then by schema: the last message that was found there, and what stands before it. */
  readonly #found = new Map<string | undefined, Map<number | string, FoundMessage>>();
  readonly schemas: CodecSchemas;

  constructor(options: ProtobufOptions) {
    checkOptions(options, ['messages', 'registry', 'longs'], 'protobuf');
    const { messages, registry, longs = 'number' } = options;
    checkByType(messages, 'messages', 'the message, as protoc-gen-es generates it,', 'protobuf');
    checkRegistry(registry, false, 'protobuf');
    checkOneOf(longs, 'longs', ['number', 'bigint'], 'protobuf');
    this.#registry = registry;
    this.#indexing = registry?.messageIndexing ?? 'path';
    this.headers = registry?.headers ?? [];
    this.#values = new Values(longs);
    this.schemas = {
      own: (type) => {
        const own = this.#own.get(type);
        if (own === undefined) return undefined;
        return { ...protobufSchemaOf(own.message), ...(registry === undefined ? {} : { named: true }) };
      },
      ...(registry?.newest === undefined ? {} : { newest: (about) => this.#newest(registry, about) }),
    };
    const bare = ['application/protobuf', 'application/x-protobuf'];
    this.contentTypes = [...(registry?.contentTypes('PROTOBUF') ?? []), ...bare];
    for (const [type, message] of Object.entries(messages)) {
      // Whatever a program without types may give.
      const given: unknown = message;
      if (typeof given !== 'object' || given === null || !('kind' in given) || given.kind !== 'message')
        throw new StreamError(
          'invalid-config',
          `messages.${type} is not a message. Give PlacedSchema, as protoc-gen-es generates it`,
          {
            where: 'protobuf',
          },
        );
      this.#own.set(type, { message, schema: { ...fileSchema(message.file), name: message.typeName } });
    }
  }

  encode(data: unknown, about: DataAbout): CodedData | (() => Promise<CodedData>) {
    const { message, schema } = this.#ownOf(about.type);
    const payload = toBinary(message, create(message, this.#values.write(message, data)));
    checkWritten(message, payload);
    const ready = this.#writing.ready(about);
    if (ready !== undefined) return ready(payload);
    const [contentType = ''] = this.contentTypes;
    const registry = this.#registry;
    if (registry === undefined) return { bytes: payload, contentType };
    return this.#writing.ask(payload, {
      about,
      ask: () => registry.writing(schema, about),
      prepare: (registered) => {
        const frame = registry.frame(registered, 'PROTOBUF', this.#indexOf(registered, message));
        return (written) => framed(frame, written);
      },
      hold: (held) => held,
    });
  }

  decode(bytes: Uint8Array, about: StoredDataAbout): unknown {
    const registry = this.#registry;
    if (registry === undefined) return this.#read(this.#ownOf(about.type).message, bytes, 0);
    const opened = registry.open(bytes, about);
    const known = this.#found.get(about.type)?.get(opened.id);
    if (known !== undefined && isAt(opened, known)) return this.#readFound(known, opened);
    const schema = registry.reading(opened.id);
    return schema instanceof Promise
      ? schema.then((asked) => this.#readFound(this.#find(asked, opened, about.type), opened))
      : this.#readFound(this.#find(schema, opened, about.type), opened);
  }

  async #newest(registry: SchemaRegistry, about: DataAbout): Promise<object | undefined> {
    const { message, schema } = this.#ownOf(about.type);
    const found = await registry.newest?.(schema, about);
    if (found === undefined) return undefined;
    // Refuses what is not a Protobuf file, and a file without the message.
    this.#indexOf(found, message);
    return described(found, 'PROTOBUF', (of) => registeredSchemaOf(of, message.typeName));
  }

  #readFound({ message, before }: FoundMessage, { bytes, start, index }: OpenedPayload): unknown {
    return this.#read(message, bytes, index === undefined ? start + before.byteLength : start);
  }

  #read(message: DescMessage, bytes: Uint8Array, start: number): unknown {
    const plain = plainBytes(bytes, start);
    checkWire(message, plain);
    let read: Message;
    try {
      read = fromBinary(message, plain);
    } catch (cause) {
      throw undecodable(
        `is not a ${message.typeName}: ${cause instanceof Error ? cause.message : String(cause)}`,
        cause,
      );
    }
    return this.#values.read(message, read);
  }

  /** The own message that the writer's is, by its full name. */
  #find(schema: RegisteredSchema, opened: OpenedPayload, type: string | undefined): FoundMessage {
    const start = opened.index ?? opened.bytes.subarray(opened.start);
    const { name, said, length } = namedIn(start, messagesIn(schema, 'undecodable'), this.#indexing);
    if (name === undefined) throw undecodable(`is message ${said} of schema ${schema.id}, which has none there`);
    const message =
      type === undefined
        ? [...this.#own.values()].find((own) => own.message.typeName === name)?.message
        : this.#ownOf(type).message;
    if (message === undefined) throw undecodable(`is a ${name}, which the topic does not declare`);
    if (message.typeName !== name) throw undecodable(`is a ${name}, and the topic reads ${message.typeName}`);
    const found = { message, before: start.slice(0, length) };
    const bySchema = this.#found.get(type) ?? new Map<number | string, FoundMessage>();
    this.#found.set(type, bySchema.set(schema.id, found));
    return found;
  }

  /** Which message of the registered file this is, as the bytes that say so. */
  #indexOf(schema: RegisteredSchema, { typeName }: DescMessage): Uint8Array {
    const index = indexOf(messagesIn(schema, 'invalid-config'), typeName, this.#indexing);
    if (index !== undefined) return index;
    throw new StreamError(
      'invalid-config',
      `schema ${schema.id} has no message ${typeName}. Register the file that has it, or name another schema`,
      { where: 'protobuf' },
    );
  }

  #ownOf(type: string | undefined): OwnMessage {
    const own = type === undefined && this.#own.size === 1 ? [...this.#own.values()][0] : this.#own.get(type ?? '');
    if (own !== undefined) return own;
    throw new StreamError(
      'invalid-config',
      `the codec protobuf has no message for ${JSON.stringify(type)}. Add it to messages`,
      {
        where: 'protobuf',
      },
    );
  }
}

/** A view costs more than what the library saves by it, unless there is something in front. */
function plainBytes(bytes: Uint8Array, start: number): Uint8Array {
  if (start === 0) return bytes;
  return new Uint8Array(bytes.buffer, bytes.byteOffset + start, bytes.byteLength - start);
}

/** Whether the payload says that it is this message. */
function isAt({ bytes, start, index }: OpenedPayload, { before }: FoundMessage): boolean {
  const from = index === undefined ? start : 0;
  const said = index ?? bytes;
  for (let at = 0; at < before.byteLength; at++) if (said[from + at] !== before[at]) return false;
  return true;
}

function messagesIn(schema: RegisteredSchema, code: 'undecodable' | 'invalid-config'): ReturnType<typeof messagesOf> {
  requireType(schema, 'PROTOBUF', code);
  try {
    return messagesOf(schema.text);
  } catch (cause) {
    const problem = `schema ${schema.id}, which is neither the text nor the descriptor of a .proto file`;
    throw code === 'undecodable'
      ? undecodable(`names ${problem}`, cause)
      : new StreamError(code, `is to write with ${problem}`, { where: 'protobuf', cause });
  }
}

/** Of what a registry keeps. */
function textOfSchema(schema: string): string {
  const descriptor = descriptorIn(schema);
  return descriptor === undefined ? schema : fileText(descriptor);
}

/** As that of the own message is kept, so that one that did not change is the same. */
function registeredSchemaOf({ text, references }: RegisteredSchema, message: string): object {
  try {
    const imports = references.map(textOfSchema);
    const known: CodecSchema = {
      kind: 'protobuf',
      text: textOfSchema(text),
      message,
      ...(imports.length === 0 ? {} : { imports }),
      named: true,
    };
    return known;
  } catch (cause) {
    if (!StreamError.is(cause)) throw cause;
    return { kind: 'protobuf-descriptors', message, descriptors: [...references, text], named: true };
  }
}

/** As contracts keep it; as descriptors, which can only be compared for being the same, where the text cannot be told. */
function protobufSchemaOf({ file, typeName: message }: DescMessage): object {
  const files = filesOf(file);
  try {
    const [text = '', ...imports] = files.toReversed().map(({ proto }) => fileText(proto));
    const own: CodecSchema = {
      kind: 'protobuf',
      text,
      message,
      ...(imports.length === 0 ? {} : { imports: imports.toReversed() }),
    };
    return own;
  } catch (cause) {
    if (!StreamError.is(cause)) throw cause;
    const descriptors = files.map(({ proto }) =>
      Buffer.from(toBinary(FileDescriptorProtoSchema, proto)).toString('base64'),
    );
    return { kind: 'protobuf-descriptors', message, descriptors };
  }
}

/** Those that it imports, each once and behind those that it needs itself, then the file. */
function filesOf(file: DescFile): readonly DescFile[] {
  const imported = file.dependencies.filter(({ name }) => !name.startsWith('google/protobuf/')).flatMap(filesOf);
  return [...new Set([...imported, file])];
}

/** A file as registries take it, with those that it imports. What comes with Protobuf every reader has. */
function fileSchema(file: DescFile): Omit<WrittenSchema, 'name'> {
  const own = file.dependencies.filter(({ name }) => !name.startsWith('google/protobuf/'));
  return {
    type: 'PROTOBUF',
    text: Buffer.from(toBinary(FileDescriptorProtoSchema, file.proto)).toString('base64'),
    source: () => fileText(file.proto),
    references: own.map((imported) => {
      const name = `${imported.name}.proto`;
      return { name, schema: { ...fileSchema(imported), name } };
    }),
  };
}
