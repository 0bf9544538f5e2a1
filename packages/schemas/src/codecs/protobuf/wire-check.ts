import { type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf';
import { messageOf } from '@isostream/core/adapter';
import { undecodable } from '../../registries/registry.ts';

const [varint, bits64, delimited, startGroup, endGroup, bits32] = [0, 1, 2, 3, 4, 5] as const;
const maxDepth = 100;

/** What a field may be on the wire: a list of numbers may be packed into bytes with a length. */
interface WireField {
  /** A bit for each. */
  readonly types: number;
  readonly message: DescMessage | undefined;
}

interface WireFields {
  readonly all: ReadonlyMap<number, WireField>;
  /** Those of small numbers, by their number: an array is quicker than a map. */
  readonly near: readonly (WireField | undefined)[];
}

const nearNumbers = 32;
const compiled = new WeakMap<DescMessage, WireFields>();

/**
 * Throws `undecodable` for bytes that no writer of this message has written: the library reads a field by its number and takes
 * whatever bytes are there for its value. Fields that the message does not have are those of a newer writer.
 */
export function checkWire(message: DescMessage, bytes: Uint8Array): void {
  new WireCheck(bytes).message(message, bytes.byteLength, 0);
}

/** Throws a TypeError for a message that was written, and that no reader takes: one that is nested too deeply. */
export function checkWritten(message: DescMessage, bytes: Uint8Array): void {
  if (!isRecursive(message)) return;
  try {
    checkWire(message, bytes);
  } catch (cause) {
    throw new TypeError(`it ${messageOf(cause)}`, { cause });
  }
}

const recursive = new WeakMap<DescMessage, boolean>();

/** Whether a message may hold others of its kind, itself or in what it holds. */
function isRecursive(message: DescMessage, within = new Set<DescMessage>()): boolean {
  const known = recursive.get(message);
  if (known !== undefined) return known;
  if (within.has(message)) return true;
  within.add(message);
  const found = message.fields.some((field) => field.message !== undefined && isRecursive(field.message, within));
  within.delete(message);
  // True of each message on the way as well: what leads back to one above it leads back to itself.
  recursive.set(message, found);
  return found;
}

class WireCheck {
  readonly #bytes: Uint8Array;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  message(message: DescMessage, end: number, depth: number): void {
    const fields = fieldsOf(message);
    if (depth > maxDepth) throw undecodable(`is nested deeper than ${maxDepth} levels`);
    while (this.#offset < end) {
      const first = this.#bytes[this.#offset] ?? 0;
      // Most tags are one byte.
      const isShort = first < 128;
      if (isShort) this.#offset++;
      const tag = isShort ? first : this.#varint(end);
      const type = tag % 8;
      const number = (tag - type) / 8;
      const field = number < fields.near.length ? fields.near[number] : fields.all.get(number);
      if (number === 0 || number >= 2 ** 29) throw undecodable('has a field without a number');
      if (field !== undefined && (field.types & (1 << type)) === 0)
        throw undecodable(`has a field ${number} that is not one of ${message.typeName}`);
      if (type === delimited && field?.message !== undefined) {
        const inner = this.#length(end);
        this.message(field.message, inner, depth + 1);
      } else this.#skip(number, type, end, depth);
    }
    if (this.#offset !== end) throw undecodable('ends within a field');
  }

  #skip(number: number, type: number, end: number, depth: number): void {
    if (type === varint) this.#varint(end);
    else if (type === bits64) this.#offset += 8;
    else if (type === bits32) this.#offset += 4;
    else if (type === delimited) this.#offset = this.#length(end);
    else if (type === startGroup && depth <= maxDepth) this.#group(number, end, depth);
    else throw undecodable(`has a field ${number} of a kind that does not exist`);
    if (this.#offset > end) throw undecodable('ends within a field');
  }

  #group(number: number, end: number, depth: number): void {
    for (;;) {
      const tag = this.#varint(end);
      if (tag % 8 === endGroup && Math.floor(tag / 8) === number) return;
      this.#skip(Math.floor(tag / 8), tag % 8, end, depth + 1);
    }
  }

  #length(end: number): number {
    const length = this.#varint(end);
    if (this.#offset + length > end) throw undecodable('ends within a field');
    return this.#offset + length;
  }

  #varint(end: number): number {
    const first = this.#bytes[this.#offset] ?? 0;
    if (first < 128 && this.#offset < end) {
      this.#offset++;
      return first;
    }
    let value = 0;
    for (let factor = 1; factor < 2 ** 70 && this.#offset < end; factor *= 128) {
      const byte = this.#bytes[this.#offset++] ?? 0;
      value += (byte & 0x7f) * factor;
      if (byte < 128) return value;
    }
    throw undecodable('has a number without an end');
  }
}

function fieldsOf(message: DescMessage): WireFields {
  const known = compiled.get(message);
  if (known !== undefined) return known;
  const all = new Map(message.fields.map((field) => [field.number, wireField(field)]));
  const fields = { all, near: Array.from({ length: nearNumbers }, (_, number) => all.get(number)) };
  compiled.set(message, fields);
  return fields;
}

function wireField(field: DescField): WireField {
  if (field.fieldKind === 'map') return { types: 1 << delimited, message: undefined };
  const message = field.fieldKind === 'message' || field.fieldKind === 'list' ? field.message : undefined;
  if (message !== undefined) {
    const isGroup =
      (field.fieldKind === 'message' || field.fieldKind === 'list') &&
      'delimitedEncoding' in field &&
      field.delimitedEncoding;
    return isGroup ? { types: 1 << startGroup, message: undefined } : { types: 1 << delimited, message };
  }
  const scalar = field.scalar === undefined ? varint : wireTypeOf(field.scalar);
  const isPackable = field.fieldKind === 'list' && scalar !== delimited;
  return { types: (1 << scalar) | (isPackable ? 1 << delimited : 0), message: undefined };
}

const wireTypes: Partial<Record<ScalarType, number>> = {
  [ScalarType.STRING]: delimited,
  [ScalarType.BYTES]: delimited,
  [ScalarType.DOUBLE]: bits64,
  [ScalarType.FIXED64]: bits64,
  [ScalarType.SFIXED64]: bits64,
  [ScalarType.FLOAT]: bits32,
  [ScalarType.FIXED32]: bits32,
  [ScalarType.SFIXED32]: bits32,
};

function wireTypeOf(scalar: ScalarType): number {
  return wireTypes[scalar] ?? varint;
}
