import { isUtf8 } from 'node:buffer';

/**
 * A value of AMQP's type system as far as anybody needs it who carries it on: what it reads as. A described value reads as
 * what it describes; whoever has to know the descriptor has the whole message.
 */
export type Value =
  /** Text, symbols, characters, times, UUIDs, and numbers that a JavaScript number cannot hold. */
  | { readonly kind: 'text'; readonly text: string }
  /** Numbers, truth values and null: text that is JSON as it stands. */
  | { readonly kind: 'literal'; readonly text: string }
  /** Binaries, decimals, and text that is not valid UTF-8. A view of what was read. */
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  | { readonly kind: 'list'; readonly items: readonly Value[] }
  | { readonly kind: 'map'; readonly entries: readonly (readonly [Value, Value])[] };

/** What most entries of maps are: see {@link ValueReader.plainMap}. */
export type Plain = string | number | Buffer | null;

export interface PlainEntry {
  readonly name: string;
  readonly value: Plain;
  /** A number that is a time. */
  readonly isTime: boolean;
}

/** An entry with whatever value, as far as it is plain: all else as its text or bytes. */
export function plainOf(name: string, value: Value): PlainEntry {
  if (value.kind !== 'literal') return { name, value: textOf(value), isTime: false };
  const number = Number(value.text);
  return { name, value: /^-?\d+$/.test(value.text) ? number : null, isTime: false };
}

/** As {@link textOf} has it. */
export function textOfPlain({ value, isTime }: PlainEntry): string | Buffer {
  if (typeof value !== 'number') return value ?? 'null';
  return isTime ? textOf(time(BigInt(value))) : String(value);
}

/** The one rule by which values become text or bytes. */
export function textOf(value: Value): string | Buffer {
  if (value.kind === 'text' || value.kind === 'literal') return value.text;
  return value.kind === 'bytes' ? value.bytes : jsonOf(value);
}

/** For values in values: bytes are base64, and entries of maps stay in their order, whatever they are named. */
export function jsonOf(value: Value): string {
  switch (value.kind) {
    case 'literal':
      return value.text;
    case 'text':
      return JSON.stringify(value.text);
    case 'bytes':
      return JSON.stringify(value.bytes.toString('base64'));
    case 'list':
      return `[${value.items.map(jsonOf).join(',')}]`;
    case 'map':
      return `{${value.entries.map(([name, held]) => `${JSON.stringify(nameOf(name))}:${jsonOf(held)}`).join(',')}}`;
  }
}

/** A key of a map as text. */
export function nameOf(value: Value): string {
  const text = textOf(value);
  return typeof text === 'string' ? text : text.toString('base64');
}

/** Deeper than anybody writes, and far from the end of the stack. */
const deepest = 64;
/** Elements of arrays that have no bytes, of which a short message could claim any number; all together. */
const mostEmpty = 10_000;
/** What a Date can hold. */
const longestMs = 8_640_000_000_000_000n;

/** Reads encoded values one after the other. Throws RangeError where the bytes are none, or end before they should. */
export class ValueReader {
  readonly #bytes: Buffer;
  #at: number;
  #depth = 0;
  #empty = 0;

  constructor(bytes: Buffer, at = 0) {
    this.#bytes = bytes;
    this.#at = at;
  }

  get at(): number {
    return this.#at;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  value(): Value {
    return this.#of(this.#code());
  }

  /** Passes the descriptor of a section, and tells its number, where it is as nearly everybody writes it; else passes nothing. */
  section(): number | undefined {
    const bytes = this.#bytes;
    if (bytes[this.#at] !== 0 || bytes[this.#at + 1] !== 0x53) return undefined;
    const code = bytes[this.#at + 2];
    if (code !== undefined) this.#at += 3;
    return code;
  }

  /**
   * Passes a map of plain values and tells them, without making a {@link Value} of each; passes nothing, and tells nothing, where
   * it holds anything else, or is not as it should be: {@link ValueReader.value} has the last word.
   */
  plainMap(): readonly PlainEntry[] | undefined {
    const start = this.#at;
    const entries = this.#plainEntries();
    if (entries === undefined) this.#at = start;
    return entries;
  }

  #plainEntries(): PlainEntry[] | undefined {
    const bytes = this.#bytes;
    const isLong = bytes[this.#at] === 0xd1;
    if (!isLong && bytes[this.#at] !== 0xc1) return undefined;
    if (this.#at + (isLong ? 9 : 3) > bytes.length) return undefined;
    const end = this.#at + (isLong ? 5 + bytes.readUInt32BE(this.#at + 1) : 2 + bytes.readUInt8(this.#at + 1));
    const count = isLong ? bytes.readUInt32BE(this.#at + 5) : bytes.readUInt8(this.#at + 2);
    if (end > bytes.length || count % 2 !== 0 || count > end - this.#at) return undefined;
    this.#at += isLong ? 9 : 3;
    const entries: PlainEntry[] = [];
    for (let index = 0; index < count; index += 2) {
      const name = this.#plain(end);
      const isTime = bytes[this.#at] === 0x83;
      const value = this.#plain(end);
      if (typeof name !== 'string' || value === undefined) return undefined;
      entries.push({ name, value, isTime });
    }
    return this.#at === end ? entries : undefined;
  }

  /** Text, bytes, whole numbers that are exact, times in milliseconds, and null; `undefined` for all else. */
  #plain(end: number): Plain | undefined {
    const bytes = this.#bytes;
    const at = this.#at + 1;
    const code = bytes[this.#at] ?? 0;
    const width = widths[code >> 4] ?? 0;
    if (code < 0xa0) {
      if (at + width > end) return undefined;
      this.#at = at + width;
      switch (code) {
        case 0x40:
          return null;
        case 0x54:
        case 0x55:
          return bytes.readInt8(at);
        case 0x52:
        case 0x53:
          return bytes.readUInt8(at);
        case 0x71:
          return bytes.readInt32BE(at);
        case 0x81:
        case 0x83: {
          const value = bytes.readInt32BE(at) * 2 ** 32 + bytes.readUInt32BE(at + 4);
          return Number.isSafeInteger(value) ? value : undefined;
        }
        default:
          return undefined;
      }
    }
    const isLong = code >= 0xb0;
    const from = at + (isLong ? 4 : 1);
    if (code > 0xb3 || code === 0xa2 || code === 0xb2 || from > end) return undefined;
    const to = from + (isLong ? bytes.readUInt32BE(at) : bytes.readUInt8(at));
    if (to > end) return undefined;
    this.#at = to;
    const content = bytes.subarray(from, to);
    if (code === 0xa0 || code === 0xb0) return content;
    return isUtf8(content) ? bytes.toString('utf8', from, to) : undefined;
  }

  /** What a descriptor names; `undefined` where the next value has none, which is then not read. */
  descriptor(): Value | undefined {
    if (this.#bytes.readUInt8(this.#at) !== 0) return undefined;
    this.#at += 1;
    return this.value();
  }

  /** The code of the next value; descriptors in front of it are passed. */
  #code(): number {
    for (let descriptors = 0; descriptors < deepest; descriptors++) {
      const code = this.#bytes.readUInt8(this.#at++);
      if (code !== 0) return code;
      this.#deeper(() => this.value());
    }
    throw new RangeError('too many descriptors');
  }

  #of(code: number): Value {
    const scalar = scalars[code];
    if (scalar !== undefined) return scalar(this.#bytes, this.#take(widths[code >> 4] ?? 0));
    switch (code) {
      case 0xa0:
      case 0xb0:
        return { kind: 'bytes', bytes: this.#content(code) };
      case 0xa1:
      case 0xa3:
      case 0xb1:
      case 0xb3:
        return textIn(this.#content(code));
      case 0x45:
        return { kind: 'list', items: [] };
      case 0xc0:
      case 0xd0:
        return { kind: 'list', items: this.#compound(code) };
      case 0xc1:
      case 0xd1:
        return mapOf(this.#compound(code));
      case 0xe0:
      case 0xf0:
        return this.#array(code);
      default:
        throw new RangeError(`no AMQP value begins with 0x${code.toString(16)}`);
    }
  }

  /** The place of so many bytes, which are passed. */
  #take(bytes: number): number {
    const at = this.#at;
    if (at + bytes > this.#bytes.length) throw new RangeError('a value ends behind the message');
    this.#at += bytes;
    return at;
  }

  #number(code: number): number {
    const isWide = code >> 4 === 0xb || code >> 4 === 0xd || code >> 4 === 0xf;
    return isWide ? this.#bytes.readUInt32BE(this.#take(4)) : this.#bytes.readUInt8(this.#take(1));
  }

  #content(code: number): Buffer {
    const size = this.#number(code);
    const at = this.#take(size);
    return this.#bytes.subarray(at, at + size);
  }

  #compound(code: number): Value[] {
    const size = this.#number(code);
    const end = this.#at + size;
    return this.#until(end, () => {
      const count = this.#number(code);
      const items: Value[] = [];
      while (items.length < count) items.push(this.value());
      return items;
    });
  }

  #array(code: number): Value {
    const size = this.#number(code);
    const end = this.#at + size;
    return this.#until(end, () => {
      const count = this.#number(code);
      const element = this.#code();
      if (element >> 4 === 0x4) this.#empty += count;
      if (this.#empty > mostEmpty) throw new RangeError('arrays of nothing');
      const items: Value[] = [];
      while (items.length < count) items.push(this.#of(element));
      return { kind: 'list', items };
    });
  }

  #until<T>(end: number, read: () => T): T {
    return this.#deeper(() => {
      const result = read();
      if (this.#at !== end) throw new RangeError('a value is not as long as it says');
      return result;
    });
  }

  #deeper<T>(read: () => T): T {
    if (++this.#depth > deepest) throw new RangeError('values are nested too deep');
    const result = read();
    this.#depth -= 1;
    return result;
  }
}

/** By the upper half of a value's code. */
const widths: Readonly<Record<number, number>> = { 0x4: 0, 0x5: 1, 0x6: 2, 0x7: 4, 0x8: 8, 0x9: 16 };

type Scalar = (bytes: Buffer, at: number) => Value;

const literal = (text: string): Value => ({ kind: 'literal', text });
const nothing = literal('null');
const yes = literal('true');
const no = literal('false');
const zero = literal('0');

const scalars: Readonly<Record<number, Scalar>> = {
  0x40: () => nothing,
  0x41: () => yes,
  0x42: () => no,
  0x43: () => zero,
  0x44: () => zero,
  0x50: (bytes, at) => literal(String(bytes.readUInt8(at))),
  0x51: (bytes, at) => literal(String(bytes.readInt8(at))),
  0x52: (bytes, at) => literal(String(bytes.readUInt8(at))),
  0x53: (bytes, at) => literal(String(bytes.readUInt8(at))),
  0x54: (bytes, at) => literal(String(bytes.readInt8(at))),
  0x55: (bytes, at) => literal(String(bytes.readInt8(at))),
  0x56: (bytes, at) => (bytes.readUInt8(at) === 0 ? no : yes),
  0x60: (bytes, at) => literal(String(bytes.readUInt16BE(at))),
  0x61: (bytes, at) => literal(String(bytes.readInt16BE(at))),
  0x70: (bytes, at) => literal(String(bytes.readUInt32BE(at))),
  0x71: (bytes, at) => literal(String(bytes.readInt32BE(at))),
  0x72: (bytes, at) => float(bytes.readFloatBE(at)),
  0x73: (bytes, at) => character(bytes.readUInt32BE(at)),
  0x74: (bytes, at) => ({ kind: 'bytes', bytes: bytes.subarray(at, at + 4) }),
  0x80: (bytes, at) => integer(bytes.readBigUInt64BE(at)),
  0x81: (bytes, at) => integer(bytes.readBigInt64BE(at)),
  0x82: (bytes, at) => float(bytes.readDoubleBE(at)),
  0x83: (bytes, at) => time(bytes.readBigInt64BE(at)),
  0x84: (bytes, at) => ({ kind: 'bytes', bytes: bytes.subarray(at, at + 8) }),
  0x94: (bytes, at) => ({ kind: 'bytes', bytes: bytes.subarray(at, at + 16) }),
  0x98: (bytes, at) => uuid(bytes.toString('hex', at, at + 16)),
};

function integer(value: bigint): Value {
  const isExact = value <= Number.MAX_SAFE_INTEGER && value >= Number.MIN_SAFE_INTEGER;
  return { kind: isExact ? 'literal' : 'text', text: value.toString() };
}

/** JSON has no word for what is not finite. */
function float(value: number): Value {
  return { kind: Number.isFinite(value) ? 'literal' : 'text', text: Object.is(value, -0) ? '-0' : String(value) };
}

function character(code: number): Value {
  const isScalar = code <= 0x10_ff_ff && (code < 0xd8_00 || code > 0xdf_ff);
  return isScalar ? { kind: 'text', text: String.fromCodePoint(code) } : literal(String(code));
}

/** Milliseconds where a Date cannot hold it. */
function time(ms: bigint): Value {
  const isDate = ms <= longestMs && ms >= -longestMs;
  return { kind: 'text', text: isDate ? new Date(Number(ms)).toISOString() : ms.toString() };
}

function uuid(hex: string): Value {
  return { kind: 'text', text: hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-') };
}

function textIn(bytes: Buffer): Value {
  return isUtf8(bytes) ? { kind: 'text', text: bytes.toString('utf8') } : { kind: 'bytes', bytes };
}

function mapOf(items: readonly Value[]): Value {
  if (items.length % 2 !== 0) throw new RangeError('a map has a name without a value');
  const entries: (readonly [Value, Value])[] = [];
  for (let at = 0; at < items.length; at += 2) entries.push([items[at] ?? nothing, items[at + 1] ?? nothing]);
  return { kind: 'map', entries };
}
