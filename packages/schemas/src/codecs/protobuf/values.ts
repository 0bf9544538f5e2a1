import {
  type DescEnum,
  type DescField,
  type DescMessage,
  fromJson,
  type JsonValue,
  type Message,
  ScalarType,
  toJson,
} from '@bufbuild/protobuf';
import { FeatureSet_FieldPresence } from '@bufbuild/protobuf/wkt';
import { undecodable } from '../../registries/registry.ts';

export type Longs = 'number' | 'bigint';
type Fields = Record<string, unknown>;
type Convert = (value: unknown) => unknown;
interface Both {
  /** From the library's form to plain data. */
  readonly read: Convert;
  readonly write: Convert;
}

const longs = new Set([
  ScalarType.INT64,
  ScalarType.UINT64,
  ScalarType.SINT64,
  ScalarType.FIXED64,
  ScalarType.SFIXED64,
]);
const wrappers = /^google\.protobuf\.(?:Double|Float|Int64|UInt64|Int32|UInt32|Bool|String|Bytes)Value$/;

/**
 * Plain data as the messages of the library, and back: as Protobuf's JSON mapping has it (names in lower camel case, names of enum
 * values, fields of a oneof beside the others), but with numbers or bigints for 64 bits, and bytes as bytes.
 */
export class Values {
  readonly #longs: Longs;
  readonly #known = new Map<DescMessage, Both>();

  constructor(longsAs: Longs) {
    this.#longs = longsAs;
  }

  /** What the library makes a message of. Throws a `TypeError` for data that it is not. */
  write(message: DescMessage, data: unknown): Fields {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- messages are written as objects
    return this.#of(message).write(data) as Fields;
  }

  read(message: DescMessage, value: Message): unknown {
    return this.#of(message).read(value);
  }

  #of(message: DescMessage): Both {
    const known = this.#known.get(message);
    if (known !== undefined) return known;
    // Messages may hold themselves, so the fields are looked at when there is something to convert.
    let fields: readonly FieldValue[] | undefined;
    const all = (): readonly FieldValue[] =>
      (fields ??= message.fields.map((field) => new FieldValue(field, this.#field(field))));
    const both: Both = {
      read: (value) => {
        const data: Fields = {};
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- an object, as the library or the check above says
        for (const field of all()) field.read(value as Fields, data);
        return data;
      },
      write: (value) => {
        if (typeof value !== 'object' || value === null || Array.isArray(value))
          throw new TypeError(`${message.typeName} takes an object, not ${shown(value)}`);
        const init: Fields = {};
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- an object, as the library or the check above says
        for (const field of all()) field.write(value as Fields, init);
        return init;
      },
    };
    this.#known.set(message, both);
    return both;
  }

  #field(field: DescField): Both {
    if (field.fieldKind === 'list') return each(this.#single(field, false), field.name);
    if (field.fieldKind === 'map') return values(this.#single(field, false), field.name);
    return this.#single(field, field.oneof === undefined);
  }

  #single(field: DescField, isUnwrapped: boolean): Both {
    const { message, enum: names, scalar } = field;
    if (message !== undefined) return this.#message(message, isUnwrapped);
    if (names !== undefined) return enumValue(names);
    const isText = 'longAsString' in field && field.longAsString;
    return this.#scalar(scalar ?? ScalarType.STRING, isText, field.name);
  }

  #message(message: DescMessage, isUnwrapped: boolean): Both {
    const { typeName } = message;
    if (!typeName.startsWith('google.protobuf.')) return this.#of(message);
    // The library has these unwrapped already where they are a field of their own.
    if (isUnwrapped && typeName === 'google.protobuf.Struct') return asIs;
    const [wrapped] = message.fields;
    if (wrappers.test(typeName) && wrapped?.fieldKind === 'scalar') {
      const scalar = this.#scalar(wrapped.scalar, false, typeName);
      if (isUnwrapped) return scalar;
      return {
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the library gives its messages this form
        read: (value) => scalar.read((value as Fields)['value']),
        write: (value) => ({ value: scalar.write(value) }),
      };
    }
    return {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the library gives its messages this form, and refuses JSON that is none
      read: (value) => toJson(message, value as Message),
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the library gives its messages this form, and refuses JSON that is none
      write: (value) => fromJson(message, value as JsonValue),
    };
  }

  #scalar(scalar: ScalarType, isText: boolean, name: string): Both {
    if (longs.has(scalar)) return isText ? { read: same, write: String } : this.#long(name);
    if (scalar === ScalarType.STRING) return { read: same, write: required('string', name) };
    if (scalar === ScalarType.BOOL) return { read: same, write: required('boolean', name) };
    if (scalar !== ScalarType.BYTES) return { read: same, write: required('number', name) };
    const write = (value: unknown): unknown => {
      if (value instanceof Uint8Array) return value;
      throw new TypeError(`${name} takes bytes, not ${shown(value)}`);
    };
    // A copy: the library gives a view of what is stored, which a handler must not change. A slice of a buffer would be none.
    return { read: (value) => (value instanceof Uint8Array ? new Uint8Array(value) : value), write };
  }

  #long(name: string): Both {
    const write = (value: unknown): unknown => {
      if (typeof value === 'bigint') return value;
      if (Number.isSafeInteger(value)) return BigInt(Number(value));
      throw new TypeError(`${name} takes an integer within ±(2^53 - 1), or a bigint, not ${shown(value)}`);
    };
    if (this.#longs === 'bigint') return { read: same, write };
    const read = (value: unknown): unknown => {
      const number = Number(value);
      if (Number.isSafeInteger(number)) return number;
      throw undecodable(
        `has ${name} = ${String(value)}, beyond what a number holds. Give longs: 'bigint' to the codec`,
      );
    };
    return { read, write };
  }
}

/** Where a field is in the library's form, and where in plain data. */
class FieldValue {
  readonly #plainName: string;
  readonly #name: string;
  readonly #oneof: string | undefined;
  readonly #isAlwaysThere: boolean;
  readonly #both: Both;
  readonly #read: Convert;
  readonly #isPlainName: boolean;

  constructor(field: DescField, both: Both) {
    // Descriptors that `protoc` did not make may leave it out.
    this.#plainName = field.jsonName === '' ? lowerCamel(field.name) : field.jsonName;
    this.#name = field.localName;
    this.#oneof = field.oneof?.localName;
    const { fieldKind, presence } = field;
    this.#isAlwaysThere = fieldKind === 'list' || fieldKind === 'map' || presence !== FeatureSet_FieldPresence.EXPLICIT;
    this.#both = both;
    this.#read = both.read;
    this.#isPlainName = this.#plainName !== '__proto__';
  }

  read(message: Fields, data: Fields): void {
    if (this.#oneof !== undefined) {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- an object, as the library or the check above says
      const chosen = message[this.#oneof] as { readonly case: string | undefined; readonly value?: unknown };
      if (chosen.case === this.#name) put(data, this.#plainName, this.#both.read(chosen.value));
      return;
    }
    if (!this.#isAlwaysThere && !Object.hasOwn(message, this.#name)) return;
    const value = message[this.#name];
    if (value === undefined) return;
    const read = this.#read === same ? value : this.#read(value);
    if (this.#isPlainName) data[this.#plainName] = read;
    else put(data, this.#plainName, read);
  }

  write(data: Fields, init: Fields): void {
    const value = Object.hasOwn(data, this.#plainName) ? data[this.#plainName] : undefined;
    if (value === undefined || value === null) return;
    const written = this.#both.write(value);
    if (this.#oneof === undefined) init[this.#name] = written;
    else if (init[this.#oneof] === undefined) init[this.#oneof] = { case: this.#name, value: written };
    else throw new TypeError(`${this.#plainName} and another field of its oneof are set. Give one of them`);
  }
}

function lowerCamel(name: string): string {
  return name.replaceAll(/_+([^_])/g, (_, letter: string) => letter.toUpperCase());
}

function put(data: Fields, name: string, value: unknown): void {
  if (name === '__proto__')
    Object.defineProperty(data, name, { value, enumerable: true, configurable: true, writable: true });
  else data[name] = value;
}

function each(item: Both, name: string): Both {
  const list =
    (convert: Convert): Convert =>
    (value) => {
      if (Array.isArray(value)) return value.map((one: unknown) => convert(one));
      throw new TypeError(`${name} takes a list, not ${shown(value)}`);
    };
  return { read: list(item.read), write: list(item.write) };
}

function values(item: Both, name: string): Both {
  const map =
    (convert: Convert): Convert =>
    (value) => {
      if (typeof value !== 'object' || value === null)
        throw new TypeError(`${name} takes an object, not ${shown(value)}`);
      const converted: Fields = {};
      for (const [key, one] of Object.entries(value)) put(converted, key, convert(one));
      return converted;
    };
  return { read: map(item.read), write: map(item.write) };
}

/** By name. A number of a newer writer, which has no name here, stays a number. */
function enumValue({ values: all, typeName }: DescEnum): Both {
  const numbers = new Map(all.map(({ name, number }) => [name, number]));
  const names = new Map(all.toReversed().map(({ name, number }) => [number, name]));
  return {
    read: (value) => names.get(Number(value)) ?? value,
    write: (value) => {
      const number = typeof value === 'number' ? value : numbers.get(String(value));
      if (number !== undefined) return number;
      throw new TypeError(`${typeName} has no value ${shown(value)}. Valid values: ${[...numbers.keys()].join(', ')}`);
    },
  };
}

const same: Convert = (value) => value;
const asIs: Both = { read: same, write: same };

function required(type: 'string' | 'boolean' | 'number', name: string): Convert {
  return (value) => {
    if (typeof value === type) return value;
    throw new TypeError(`${name} takes a ${type}, not ${shown(value)}`);
  };
}

function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 50));
  return typeof value === 'number' || typeof value === 'bigint' ? String(value) : `a value of type ${typeof value}`;
}
