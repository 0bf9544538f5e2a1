import avsc, { type Type } from 'avsc';
import { undecodable } from '../../registries/registry.ts';

type Skip = (at: Place, depth: number) => void;
type CheckWire = (bytes: Uint8Array, start: number) => void;

/** As in JSON: what works through data recursively ends with a RangeError somewhere beyond. */
const maxDepth = 1_000;
/** Of one event, that take no bytes: a few bytes can claim any number of them. */
const maxEmptyItems = 10_000;

/**
 * What looks through bytes before avsc reads them; `undefined` for a type that needs no such look. Avsc takes the number of items that an
 * array or a map claims for true, also where there are not as many bytes: a few bytes would take all memory, or never end. It throws
 * `undecodable` for them, and for data that is nested too deeply.
 */
export function wireCheckOf(type: Type): CheckWire | undefined {
  const skips = new Skips();
  const skip = skips.of(type);
  return skips.isNeeded ? (bytes, start) => skip(new Place(bytes, start), 0) : undefined;
}

/** The same for bytes that were written, where a valid value may be one that no reader takes; throws a TypeError. */
export function writeCheckOf(type: Type): ((bytes: Uint8Array) => void) | undefined {
  const skips = new Skips();
  const skip = skips.of(type);
  if (!skips.isRecursive && !skips.hasEmptyItems) return undefined;
  return (bytes) => {
    try {
      skip(new Place(bytes, 0), 0);
    } catch (cause) {
      throw new TypeError(`it ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    }
  };
}

/** How to pass over values of each type, made once. */
class Skips {
  /** Whether a value may hold others of its type. */
  isRecursive = false;
  hasEmptyItems = false;
  #repeats = false;
  readonly #known = new Map<Type, Skip | undefined>();

  get isNeeded(): boolean {
    return this.#repeats || this.isRecursive;
  }

  of(type: Type): Skip {
    if (this.#known.has(type)) {
      const known = this.#known.get(type);
      if (known !== undefined) return known;
      // It is being made: it holds itself.
      this.isRecursive = true;
      return (at, depth) => this.of(type)(at, depth);
    }
    this.#known.set(type, undefined);
    const skip = this.#make(type);
    this.#known.set(type, skip);
    return skip;
  }

  #make(type: Type): Skip {
    const { types } = avsc;
    if (type instanceof types.LogicalType) return this.of(type.underlyingType);
    if (type instanceof types.RecordType) return this.#record(type.fields.map((field) => this.of(field.type)));
    if (type instanceof types.ArrayType) return this.#items(this.of(type.itemsType), leastBytes(type.itemsType));
    if (type instanceof types.MapType) {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- avsc's declarations leave it open
      const value = this.of(type.valuesType as Type);
      const entry: Skip = (at, depth) => {
        at.skip(at.length());
        value(at, depth);
      };
      return this.#items(entry, 1);
    }
    if (type instanceof types.UnwrappedUnionType || type instanceof types.WrappedUnionType) {
      const branches = type.types.map((branch) => this.of(branch));
      return (at, depth) => {
        const branch = branches[at.varint()];
        if (branch === undefined) throw undecodable('has a value of a union that the union does not have');
        branch(at, depth);
      };
    }
    return scalar(type);
  }

  #record(fields: readonly Skip[]): Skip {
    return (at, depth) => {
      if (depth >= maxDepth) throw undecodable(`is nested deeper than ${maxDepth} levels`);
      for (const field of fields) field(at, depth + 1);
    };
  }

  #items(item: Skip, least: number): Skip {
    this.#repeats = true;
    this.hasEmptyItems ||= least === 0;
    return (at, depth) => {
      if (depth >= maxDepth) throw undecodable(`is nested deeper than ${maxDepth} levels`);
      for (let count = at.varint(); count !== 0; count = at.varint()) {
        const size = count < 0 ? at.length() : undefined;
        const items = Math.abs(count);
        at.claim(items, least);
        const start = at.offset;
        for (let index = 0; index < items; index++) item(at, depth + 1);
        if (size !== undefined && at.offset - start !== size)
          throw undecodable('has items that are not as long as they say');
      }
    };
  }
}

function scalar(type: Type): Skip {
  const { types } = avsc;
  if (type instanceof types.FixedType) return (at) => at.skip(type.size);
  switch (type.typeName) {
    case 'null':
      return () => {};
    case 'boolean':
      return (at) => at.skip(1);
    case 'float':
      return (at) => at.skip(4);
    case 'double':
      return (at) => at.skip(8);
    case 'bytes':
    case 'string':
      return (at) => at.skip(at.length());
    default:
      return (at) => void at.varint();
  }
}

/** How many bytes a value takes at least; 0 only where it never takes any. */
function leastBytes(type: Type): number {
  const { types } = avsc;
  if (type instanceof types.LogicalType) return leastBytes(type.underlyingType);
  if (type instanceof types.FixedType) return type.size;
  if (type instanceof types.RecordType) return type.fields.some((field) => leastBytes(field.type) > 0) ? 1 : 0;
  return type.typeName === 'null' ? 0 : 1;
}

/** Where a look through bytes is. */
class Place {
  readonly #bytes: Uint8Array;
  #empty = 0;
  offset: number;

  constructor(bytes: Uint8Array, start: number) {
    this.#bytes = bytes;
    this.offset = start;
  }

  skip(bytes: number): void {
    this.offset += bytes;
    if (this.offset > this.#bytes.byteLength) throw truncated();
  }

  claim(items: number, least: number): void {
    if (least === 0) this.#empty += items;
    if (this.#empty > maxEmptyItems) throw undecodable(`has more than ${maxEmptyItems} items that take no bytes`);
    if (items * least > this.#bytes.byteLength - this.offset) throw truncated();
  }

  length(): number {
    const length = this.varint();
    if (length < 0) throw undecodable('has a part of negative length');
    return length;
  }

  varint(): number {
    let value = 0;
    for (let factor = 1; factor < 2 ** 70; factor *= 128) {
      const byte = this.#bytes[this.offset++];
      if (byte === undefined) throw truncated();
      value += (byte & 0x7f) * factor;
      if (byte < 128) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    }
    throw undecodable('has a number without an end');
  }
}

export function truncated(): Error {
  return undecodable('ends before all fields of its schema (truncated). It was written with another schema');
}
