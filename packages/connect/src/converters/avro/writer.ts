import { javaText } from '../../data/java-text.ts';
import { exactInteger, float32, toDouble } from '../../data/numbers.ts';
import {
  BigInteger,
  DataError,
  Decimal,
  isList,
  isMap,
  kindOf,
  msPerDay,
  Num,
  Struct,
  type Value,
} from '../../data/values.ts';
import { cellsOf } from '../../transforms/record.ts';
import type { AvroBytes } from './bytes.ts';

/** How values of one Avro schema are written. */
export interface AvroWriter {
  /** For messages. */
  readonly what: string;
  /** Whether a value is of this kind; what is inside of it is seen when it is written. */
  fits(value: Value): boolean;
  write(out: AvroBytes, value: Value): void;
  /** A default, from the JSON of the schema; where it is not given, JSON says the value as it is. */
  defaultOf?(json: unknown): Value;
}

export type WriterNames = Map<string, AvroWriter>;

type Definition = Readonly<Record<string, unknown>>;

const wholeOf = (value: Value): bigint | undefined => {
  if (typeof value === 'bigint') return value;
  return value instanceof Num && value.type !== 'float32' ? BigInt(value.value) : undefined;
};
const isWhole =
  (bits: 32 | 64) =>
  (value: Value): boolean => {
    const whole = wholeOf(value);
    return whole !== undefined && BigInt.asIntN(bits, whole) === whole;
  };
/** A whole number has to stay what it is, and a finite one finite; fractions are rounded. */
const isFraction =
  (rounded: (double: number) => number) =>
  (value: Value): boolean => {
    const double = toDouble(value);
    if (double === undefined) return false;
    const written = rounded(double);
    const whole = exactOf(value);
    if (whole !== undefined) return Number.isFinite(written) && BigInt(written) === whole;
    return Number.isFinite(written) || (!Number.isFinite(double) && !(value instanceof Decimal));
  };

/** A value of a whole type. A `number` is a fraction, also where nothing stands behind its point. */
function exactOf(value: Value): bigint | undefined {
  if (value instanceof BigInteger) return value.value;
  return value instanceof Decimal ? exactInteger(value) : wholeOf(value);
}

const primitives: Readonly<Record<string, AvroWriter>> = {
  null: { what: 'null', fits: (value) => value === null, write: () => undefined },
  boolean: {
    what: 'boolean',
    fits: (value) => typeof value === 'boolean',
    write: (out, value) => out.boolean(value === true),
  },
  int: { what: 'int', fits: isWhole(32), write: (out, value) => out.long(wholeOf(value) ?? 0n) },
  long: { what: 'long', fits: isWhole(64), write: (out, value) => out.long(wholeOf(value) ?? 0n) },
  float: {
    what: 'float',
    fits: isFraction(Math.fround),
    write: (out, value) => out.float(float32(toDouble(value) ?? 0).value),
  },
  double: {
    what: 'double',
    fits: isFraction((double) => double),
    write: (out, value) => out.double(toDouble(value) ?? 0),
  },
  string: {
    what: 'string',
    fits: (value) => typeof value === 'string',
    write: (out, value) => out.bytes(Buffer.from(textOf(value))),
  },
  bytes: {
    what: 'bytes',
    fits: (value) => value instanceof Uint8Array,
    write: (out, value) => out.bytes(value instanceof Uint8Array ? value : Buffer.alloc(0)),
    defaultOf: bytesOf,
  },
};

/** Reads an Avro schema, from its parsed JSON, for writing. Throws {@link DataError}. */
export function avroWriter(json: unknown, names: WriterNames, namespace = ''): AvroWriter {
  if (typeof json === 'string') return named(json, names, namespace);
  if (Array.isArray(json)) return union(json.map((branch: unknown) => avroWriter(branch, names, namespace)));
  if (!isDefinition(json)) throw new DataError('the schema of the registry is not one of Avro');
  const { type } = json;
  if (typeof type !== 'string') return avroWriter(type, names, namespace);
  const full = fullNameOf(json, namespace);
  const inner = full.includes('.') ? full.slice(0, full.lastIndexOf('.')) : '';
  switch (type) {
    case 'record':
    case 'error':
      return record(json, full, names, inner);
    case 'enum': {
      const symbols = Array.isArray(json['symbols']) ? json['symbols'].map(String) : [];
      return define(names, full, {
        what: `enum ${full}`,
        fits: (value) => typeof value === 'string' && symbols.includes(value),
        write: (out, value) => out.count(symbols.indexOf(textOf(value))),
      });
    }
    case 'fixed': {
      const size = Number(json['size']);
      return define(names, full, {
        what: `fixed ${full}`,
        fits: (value) => value instanceof Uint8Array && value.byteLength === size,
        write: (out, value) => out.raw(value instanceof Uint8Array ? value : Buffer.alloc(size)),
        defaultOf: bytesOf,
      });
    }
    case 'array':
      return list(avroWriter(json['items'], names, namespace));
    case 'map':
      return map(avroWriter(json['values'], names, namespace));
    default:
      return logical(json, named(type, names, namespace));
  }
}

/** Writes a value, or says what the schema has in its place. */
export function writeAs(writer: AvroWriter, out: AvroBytes, value: Value, where: string): void {
  if (!writer.fits(value))
    throw new DataError(
      `${where} is ${value === null ? 'null' : kindOf(value)}, and its Avro schema says ${writer.what}`,
    );
  writer.write(out, value);
}

function named(name: string, names: WriterNames, namespace: string): AvroWriter {
  const primitive = Object.hasOwn(primitives, name) ? primitives[name] : undefined;
  const found =
    primitive ?? names.get(name.includes('.') || namespace === '' ? name : `${namespace}.${name}`) ?? names.get(name);
  if (found === undefined) throw new DataError(`the Avro schema names the type ${name}, which is not there`);
  return found;
}

function define(names: WriterNames, full: string, writer: AvroWriter): AvroWriter {
  names.set(full, writer);
  return writer;
}

function fullNameOf(json: Definition, namespace: string): string {
  const name = String(json['name']);
  const space = typeof json['namespace'] === 'string' ? json['namespace'] : namespace;
  return name.includes('.') || space === '' ? name : `${space}.${name}`;
}

interface WrittenField {
  readonly name: string;
  readonly writer: AvroWriter;
  readonly otherwise: unknown;
}

function record(json: Definition, full: string, names: WriterNames, inner: string): AvroWriter {
  const fields: WrittenField[] = [];
  const writer = define(names, full, {
    what: `record ${full}`,
    fits: (value) => value instanceof Struct || isMap(value),
    defaultOf: (of) =>
      isDefinition(of)
        ? new Map(
            fields.flatMap((field) =>
              of[field.name] === undefined ? [] : [[field.name, defaultFor(field.writer, of[field.name])]],
            ),
          )
        : null,
    write(out, value) {
      const given = entriesOf(value);
      for (const { name, writer: of, otherwise } of fields) {
        const filled = otherwise === undefined ? undefined : defaultFor(of, otherwise);
        const entry = given.get(name) ?? (given.has(name) && of.fits(null) ? null : filled);
        if (entry === undefined && !given.has(name))
          throw new DataError(`the record has no ${name}, which the Avro schema ${full} requires`);
        writeAs(of, out, entry ?? null, `the field ${name}`);
      }
      for (const name of given.keys())
        if (!fields.some((field) => field.name === name))
          throw new DataError(
            `the record has ${javaText(name)}, which the Avro schema ${full} does not have. Leave it out with ReplaceField`,
          );
    },
  });
  const given: readonly unknown[] = Array.isArray(json['fields']) ? json['fields'] : [];
  for (const field of given.filter(isDefinition))
    fields.push({
      name: String(field['name']),
      writer: avroWriter(field['type'], names, inner),
      otherwise: field['default'],
    });
  return writer;
}

function entriesOf(value: Value): ReadonlyMap<Value, Value> {
  if (value instanceof Struct) return new Map(cellsOf(value).map((cell) => [cell.name, cell.value]));
  return isMap(value) ? value : new Map();
}

function defaultFor(writer: AvroWriter, json: unknown): Value {
  if (writer.defaultOf !== undefined) return writer.defaultOf(json);
  if (typeof json === 'number') return Number.isSafeInteger(json) ? BigInt(json) : json;
  return typeof json === 'string' || typeof json === 'boolean' || typeof json === 'bigint' ? json : null;
}

/** JSON has bytes as text with one character for each. */
function bytesOf(json: unknown): Value {
  return typeof json === 'string' ? Buffer.from(json, 'latin1') : null;
}

function list(items: AvroWriter): AvroWriter {
  return {
    what: 'array',
    fits: isList,
    defaultOf: (json) => (Array.isArray(json) ? json.map((entry: unknown) => defaultFor(items, entry)) : null),
    write(out, value) {
      const entries = isList(value) ? value : [];
      if (entries.length > 0) out.count(entries.length);
      for (const entry of entries) writeAs(items, out, entry, 'an entry of a list');
      out.count(0);
    },
  };
}

function map(values: AvroWriter): AvroWriter {
  return {
    what: 'map',
    defaultOf: (json) =>
      isDefinition(json) ? new Map(Object.entries(json).map(([key, entry]) => [key, defaultFor(values, entry)])) : null,
    fits: (value) =>
      value instanceof Struct || (isMap(value) && [...value.keys()].every((key) => typeof key === 'string')),
    write(out, value) {
      const entries = entriesOf(value);
      if (entries.size > 0) out.count(entries.size);
      for (const [key, entry] of entries) {
        out.bytes(Buffer.from(javaText(key)));
        writeAs(values, out, entry, 'an entry of a map');
      }
      out.count(0);
    },
  };
}

/** The branch that a value's own type has; numbers only, since the others fit no more than one kind. */
function ownOf(value: Value): readonly string[] {
  if (typeof value === 'bigint') return ['long', 'int'];
  if (typeof value === 'number') return ['double'];
  if (!(value instanceof Num)) return [];
  return value.type === 'float32' ? ['float', 'double'] : ['int', 'long'];
}

/** A struct prefers the record with its name, a number the branch of its own type; else the first branch that fits. */
function union(branches: readonly AvroWriter[]): AvroWriter {
  const find = (value: Value): number => {
    const name = value instanceof Struct ? value.schema.name : undefined;
    const same = name === undefined ? -1 : branches.findIndex(({ what }) => what === `record ${name}`);
    if (same !== -1) return same;
    for (const own of ownOf(value)) {
      const at = branches.findIndex((branch) => branch.what === own && branch.fits(value));
      if (at !== -1) return at;
    }
    return branches.findIndex((branch) => branch.fits(value));
  };
  return {
    what: branches.map(({ what }) => what).join(' or '),
    fits: (value) => find(value) !== -1,
    // Of the first branch, says Avro; some write that of another.
    defaultOf: (json) =>
      branches
        .map((branch) => ({ branch, value: defaultFor(branch, json) }))
        .find(({ branch, value }) => (value !== null || json === null) && branch.fits(value))?.value ?? null,
    write(out, value) {
      const at = find(value);
      out.count(at);
      branches[at]?.write(out, value);
    },
  };
}

function logical(json: Definition, base: AvroWriter): AvroWriter {
  const as = (unitMs: number): AvroWriter => {
    const counted = (value: Value): Value =>
      value instanceof Date ? BigInt(Math.floor(value.getTime() / unitMs)) : value;
    return {
      what: `${base.what} of ${String(json['logicalType'])}`,
      fits: (value) => base.fits(counted(value)),
      write: (out, value) => base.write(out, counted(value)),
    };
  };
  const is = json['logicalType'];
  if (base === primitives['int'] && is === 'date') return as(msPerDay);
  if (base === primitives['int'] && is === 'time-millis') return as(1);
  if (base === primitives['long'] && is === 'timestamp-millis') return as(1);
  if (base !== primitives['bytes'] || is !== 'decimal') return base;
  const scale = Number(json['scale'] ?? 0);
  const precision = Number(json['precision'] ?? Infinity);
  const digitsOf = (value: Value): bigint | undefined => {
    const whole = wholeOf(value);
    const decimal = whole === undefined ? value : new Decimal(whole, 0);
    const digits = decimal instanceof Decimal ? scaled(decimal, scale) : undefined;
    return digits !== undefined && String(digits).replace('-', '').length <= precision ? digits : undefined;
  };
  return {
    what: `decimal with ${precision} digits, ${scale} of them behind the point`,
    fits: (value) => value instanceof Uint8Array || digitsOf(value) !== undefined,
    write: (out, value) => out.bytes(value instanceof Uint8Array ? value : twosComplement(digitsOf(value) ?? 0n)),
    defaultOf: bytesOf,
  };
}

/** The digits of a decimal at another scale; nothing where some would be lost. */
function scaled({ unscaled, scale }: Decimal, to: number): bigint | undefined {
  const factor = 10n ** BigInt(Math.abs(to - scale));
  if (to >= scale) return unscaled * factor;
  return unscaled % factor === 0n ? unscaled / factor : undefined;
}

/** Highest byte first, in as few bytes as there can be. */
function twosComplement(value: bigint): Buffer {
  let size = 1;
  while (BigInt.asIntN(size * 8, value) !== value) size += 1;
  const digits = BigInt.asUintN(size * 8, value).toString(16);
  return Buffer.from(digits.padStart(size * 2, '0'), 'hex');
}

function textOf(value: Value): string {
  return typeof value === 'string' ? value : '';
}

function isDefinition(json: unknown): json is Definition {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}
