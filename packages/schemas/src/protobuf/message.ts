import { createRequire } from 'node:module';
import { StreamError } from '@isostream/core';
import { messageOf } from '@isostream/core/adapter';
import type protobuf from 'protobufjs';

/** A message as its bytes show it: fields by number. */
export interface Message {
  readonly name: string;
  readonly fields: ReadonlyMap<number, MessageField>;
  readonly isReserved: (number: number) => boolean;
}

export interface MessageField {
  readonly name: string;
  readonly number: number;
  readonly type: FieldType;
  readonly cardinality: 'required' | 'single' | 'repeated' | 'map';
  /** The `oneof` that it shares with others. */
  readonly oneof: string | undefined;
  /** What an absent field is read as, where the text says so. */
  readonly fallback?: unknown;
  /** Whether writers leave it out where it is 0 or empty. */
  readonly isImplicit?: boolean;
}

/** Messages are looked up when they are needed: they may hold themselves. */
export type FieldType =
  | { readonly kind: 'scalar'; readonly name: string }
  | {
      readonly kind: 'enum';
      readonly name: string;
      readonly values: Readonly<Record<string, number>>;
      readonly isClosed: boolean;
    }
  | { readonly kind: 'message'; readonly isGroup: boolean; readonly message: () => Message }
  /** Defined in a file that is imported, and not given. */
  | { readonly kind: 'imported'; readonly name: string };

const scalars = new Set([
  'double',
  'float',
  'int32',
  'uint32',
  'sint32',
  'fixed32',
  'sfixed32',
  'int64',
  'uint64',
  'sint64',
  'fixed64',
  'sfixed64',
  'bool',
  'string',
  'bytes',
]);

const load: (name: 'protobufjs') => typeof protobuf = createRequire(import.meta.url);
let loaded: typeof protobuf | undefined;

/** Loaded for the first text: contracts without Protobuf are compared without it. */
function library(): typeof protobuf {
  try {
    return (loaded ??= load('protobufjs'));
  } catch (cause) {
    throw new StreamError(
      'invalid-config',
      'to compare Protobuf schemas, protobufjs is needed. Install it: npm install --save-dev protobufjs@7',
      { where: 'protobuf', cause },
    );
  }
}

/** A `.proto` text, and its messages by their full names. */
export interface MessageFile {
  /** The only message that no other refers to, or the first. Throws a `TypeError` where there is none. */
  readonly root: () => Message;
  /** By name, with or without the package. */
  readonly find: (name: string) => Message | undefined;
}

/** Throws a `TypeError` for text that is not valid Protobuf, or that names types it lacks and imports nothing. */
export function readFile(text: string, imported: readonly string[] = []): MessageFile {
  const { Root, parse } = library();
  const root = new Root();
  let parsed: protobuf.IParserResult;
  let own: readonly protobuf.Type[];
  try {
    parsed = parse(text, root, { keepCase: true });
    own = typesIn(root);
    for (const one of imported) parse(one, root, { keepCase: true });
  } catch (cause) {
    throw new TypeError(`not a Protobuf schema: ${messageOf(cause)}`, { cause });
  }
  const imports = [...(parsed.imports ?? []), ...(parsed.weakImports ?? [])];
  try {
    root.resolveAll();
  } catch (cause) {
    if (imports.length === 0)
      throw new TypeError(`the Protobuf schema names a type that it lacks: ${messageOf(cause)}`, { cause });
    // Types of imported files: what is in this one is known by now.
  }
  const reader = new Reader();
  return {
    root: () => {
      const found = onlyRoot(own);
      if (found === undefined) throw new TypeError('the Protobuf schema has no message');
      return reader.message(found);
    },
    find: (name) => {
      const found = own.find((type) => type.fullName.slice(1) === name) ?? own.find((type) => type.name === name);
      return found === undefined ? undefined : reader.message(found);
    },
  };
}

class Reader {
  readonly #read = new Map<protobuf.Type, Message>();

  message(type: protobuf.Type): Message {
    const known = this.#read.get(type);
    if (known !== undefined) return known;
    const fields = new Map<number, MessageField>();
    const message: Message = {
      name: type.fullName.slice(1),
      fields,
      isReserved: (number) => isReserved(type, number),
    };
    this.#read.set(type, message);
    for (const field of type.fieldsArray) fields.set(field.id, this.#field(type, field));
    return message;
  }

  #field(owner: protobuf.Type, field: protobuf.Field): MessageField {
    const isMap = field instanceof library().MapField;
    // An `optional` of proto3 is written down as a `oneof` of its own.
    const oneof = field.options?.['proto3_optional'] === true ? undefined : field.partOf?.name;
    const type = isMap ? this.#entry(owner, field) : this.#type(owner, field.type, field);
    // Whether a message is there its readers always see, and of an imported type it is not known whether it is one.
    const canBeLeftOut = type.kind === 'scalar' || type.kind === 'enum';
    return {
      name: field.name,
      number: field.id,
      type,
      cardinality: isMap ? 'map' : field.repeated ? 'repeated' : field.required ? 'required' : 'single',
      oneof,
      fallback: field.options?.['default'],
      isImplicit: canBeLeftOut && !field.repeated && !field.partOf && featureOf(field, 'field_presence') === 'IMPLICIT',
    };
  }

  /** A map is a repeated message with a key and a value. */
  #entry(owner: protobuf.Type, field: protobuf.MapField): FieldType {
    const part = (name: string, number: number, type: FieldType): [number, MessageField] => [
      number,
      { name, number, type, cardinality: 'single', oneof: undefined },
    ];
    const fields = new Map([
      part('key', 1, this.#type(owner, field.keyType)),
      part('value', 2, this.#type(owner, field.type)),
    ]);
    return { kind: 'message', isGroup: false, message: () => ({ name: field.name, fields, isReserved: () => false }) };
  }

  #type(owner: protobuf.Type, name: string, field?: protobuf.Field): FieldType {
    if (scalars.has(name)) return { kind: 'scalar', name };
    const found = owner.lookup(name, [library().Type, library().Enum]);
    if (found instanceof library().Enum)
      return { kind: 'enum', name, values: found.values, isClosed: featureOf(found, 'enum_type') === 'CLOSED' };
    if (found instanceof library().Type)
      return {
        kind: 'message',
        isGroup: field !== undefined && featureOf(field, 'message_encoding') === 'DELIMITED',
        message: () => this.message(found),
      };
    return { kind: 'imported', name: name.replace(/^\./, '') };
  }
}

/** Both ends count. The library leaves out the last number of a range, so also the only one. */
function isReserved(type: protobuf.Type, number: number): boolean {
  // Absent where nothing is, whatever its declaration says.
  const reserved: (typeof type.reserved)[number][] | undefined = type.reserved;
  return [...(reserved ?? [])].some((range) => {
    if (typeof range === 'string') return false;
    const [first = 0, last = first] = range;
    return first <= number && number <= last;
  });
}

/** Of the syntax or edition of the file, unless the text says otherwise. */
function featureOf(part: protobuf.ReflectionObject, name: string): unknown {
  const features: unknown = Reflect.get(part, '_features');
  return typeof features === 'object' && features !== null ? Reflect.get(features, name) : undefined;
}

function typesIn(namespace: protobuf.NamespaceBase): readonly protobuf.Type[] {
  return namespace.nestedArray.flatMap((nested) => [
    ...(nested instanceof library().Type ? [nested] : []),
    ...(nested instanceof library().Namespace ? typesIn(nested) : []),
  ]);
}

function onlyRoot(types: readonly protobuf.Type[]): protobuf.Type | undefined {
  const top = types.filter(({ parent }) => !(parent instanceof library().Type));
  const used = new Set(
    types.flatMap((type) =>
      type.fieldsArray
        .map((field) => type.lookup(field.type, [library().Type]))
        // A tree holds itself, which does not count as another message.
        .filter((referred) => referred !== type),
    ),
  );
  const roots = top.filter((type) => !used.has(type));
  return roots.length === 1 ? roots[0] : top[0];
}
