import protobuf from 'protobufjs';

/** A message as its bytes show it: fields by number. */
export interface Message {
  readonly name: string;
  readonly fields: ReadonlyMap<number, MessageField>;
}

export interface MessageField {
  readonly name: string;
  readonly number: number;
  readonly type: FieldType;
  readonly cardinality: 'required' | 'single' | 'repeated' | 'map';
  /** The `oneof` that it shares with others. */
  readonly oneof: string | undefined;
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

/**
 * Reads one message of a `.proto` text; without a name, the only one that no other message refers to, or the first.
 * Throws a `TypeError` for text that is not valid Protobuf or has no such message.
 */
export function readMessage(text: string, name: string | undefined): Message {
  const isProto2 = !/^\s*(?:syntax\s*=\s*["']proto3|edition\s*=)/m.test(
    text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, ''),
  );
  let root: protobuf.Root;
  try {
    root = protobuf.parse(text, new protobuf.Root(), { keepCase: true }).root;
  } catch (cause) {
    throw new TypeError(`not a Protobuf schema: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
  const all = typesIn(root);
  const found =
    name === undefined ? onlyRoot(all) : all.find((type) => type.name === name || type.fullName.slice(1) === name);
  if (found === undefined)
    throw new TypeError(
      name === undefined ? 'the Protobuf schema has no message' : `the Protobuf schema has no message "${name}"`,
    );
  return new Reader(isProto2).message(found);
}

class Reader {
  readonly #isProto2: boolean;
  readonly #read = new Map<protobuf.Type, Message>();

  constructor(isProto2: boolean) {
    this.#isProto2 = isProto2;
  }

  message(type: protobuf.Type): Message {
    const known = this.#read.get(type);
    if (known !== undefined) return known;
    const fields = new Map<number, MessageField>();
    const message: Message = { name: type.fullName.slice(1), fields };
    this.#read.set(type, message);
    for (const field of type.fieldsArray) fields.set(field.id, this.#field(type, field));
    return message;
  }

  #field(owner: protobuf.Type, field: protobuf.Field): MessageField {
    const isMap = field instanceof protobuf.MapField;
    // An `optional` of proto3 is written down as a `oneof` of its own.
    const oneof = field.options?.['proto3_optional'] === true ? undefined : field.partOf?.name;
    return {
      name: field.name,
      number: field.id,
      type: isMap ? this.#entry(owner, field) : this.#type(owner, field.type),
      cardinality: isMap
        ? 'map'
        : field.repeated
          ? 'repeated'
          : field.toJSON()['rule'] === 'required'
            ? 'required'
            : 'single',
      oneof,
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
    return { kind: 'message', isGroup: false, message: () => ({ name: field.name, fields }) };
  }

  #type(owner: protobuf.Type, name: string): FieldType {
    if (scalars.has(name)) return { kind: 'scalar', name };
    const found = owner.lookup(name, [protobuf.Type, protobuf.Enum]);
    if (found instanceof protobuf.Enum) return { kind: 'enum', name, values: found.values, isClosed: this.#isProto2 };
    if (found instanceof protobuf.Type)
      return { kind: 'message', isGroup: found.toJSON()['group'] === true, message: () => this.message(found) };
    return { kind: 'imported', name: name.replace(/^\./, '') };
  }
}

function typesIn(namespace: protobuf.NamespaceBase): readonly protobuf.Type[] {
  return namespace.nestedArray.flatMap((nested) => [
    ...(nested instanceof protobuf.Type ? [nested] : []),
    ...(nested instanceof protobuf.Namespace ? typesIn(nested) : []),
  ]);
}

function onlyRoot(types: readonly protobuf.Type[]): protobuf.Type | undefined {
  const top = types.filter(({ parent }) => !(parent instanceof protobuf.Type));
  const used = new Set(
    types.flatMap((type) => type.fieldsArray.map((field) => type.lookup(field.type, [protobuf.Type]))),
  );
  const roots = top.filter((type) => !used.has(type));
  return roots.length === 1 ? roots[0] : top[0];
}
