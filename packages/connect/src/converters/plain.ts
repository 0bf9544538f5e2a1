import type { Config } from '../config/definition.ts';
import { float32 } from '../data/numbers.ts';
import { headerText, javaText } from '../data/java-text.ts';
import { parseText } from '../data/parse-text.ts';
import { DataError, kindOf, nothing, Num, type SchemaType, typeOf, type Value } from '../data/values.ts';
import type { Converter } from './converter.ts';

/** Text in one encoding; broken bytes become U+FFFD. */
export function stringConverter(className: string, config: Config): Converter {
  const encoding = config.text('converter.encoding').toLowerCase();
  const isLatin = /^(?:iso-?8859-?1|latin1|us-ascii|ascii)$/.test(encoding);
  return {
    className,
    read: (payload) => ({
      schema: { type: 'string', optional: true },
      value: payload === null ? null : textOf(payload, isLatin),
    }),
    write: ({ value }) => (value === null ? null : Buffer.from(javaText(value), isLatin ? 'latin1' : 'utf8')),
  };
}

function textOf(payload: Uint8Array, isLatin: boolean): string {
  return isLatin
    ? Buffer.from(payload).toString('latin1')
    : new TextDecoder('utf-8', { ignoreBOM: true }).decode(payload);
}

/** Bytes as they are. */
export function byteArrayConverter(className: string): Converter {
  return {
    className,
    read: (value) => ({ schema: { type: 'bytes', optional: true }, value }),
    write({ schema, value }) {
      if (schema !== null && schema.type !== 'bytes') throw new DataError(`the schema is ${schema.type}, not bytes`);
      if (value === null || value instanceof Uint8Array) return value;
      throw new DataError(`${className} writes bytes only, and the value is ${kindOf(value)}`);
    },
  };
}

interface Width {
  readonly bytes: number;
  read(view: DataView): Value;
  write(view: DataView, value: Value): void;
}

const double = (value: Value): number => (value instanceof Num ? value.value : Number(value));

const widths: Partial<Record<SchemaType, Width>> = {
  int16: {
    bytes: 2,
    read: (view) => new Num('int16', view.getInt16(0)),
    write: (view, value) => view.setInt16(0, double(value)),
  },
  int32: {
    bytes: 4,
    read: (view) => new Num('int32', view.getInt32(0)),
    write: (view, value) => view.setInt32(0, double(value)),
  },
  int64: {
    bytes: 8,
    read: (view) => view.getBigInt64(0),
    write: (view, value) => view.setBigInt64(0, typeof value === 'bigint' ? value : 0n),
  },
  float32: {
    bytes: 4,
    read: (view) => float32(view.getFloat32(0)),
    write: (view, value) => view.setFloat32(0, double(value)),
  },
  float64: {
    bytes: 8,
    read: (view) => view.getFloat64(0),
    write: (view, value) => view.setFloat64(0, double(value)),
  },
  boolean: {
    bytes: 1,
    read(view) {
      const byte = view.getUint8(0);
      if (byte > 1) throw new DataError(`a boolean is one byte, 0 or 1, and this one is ${byte}`);
      return byte === 1;
    },
    write: (view, value) => view.setUint8(0, value === true ? 1 : 0),
  },
};

/** One number or boolean, highest byte first. */
export function numberConverter(className: string, type: SchemaType): Converter {
  const width = widths[type];
  if (width === undefined) throw new Error(`${type} has no width`);
  return {
    className,
    read(payload) {
      const schema = { type, optional: true };
      if (payload === null) return { schema, value: null };
      if (payload.byteLength !== width.bytes)
        throw new DataError(`${className} reads ${width.bytes} bytes, and there are ${payload.byteLength}`);
      return { schema, value: width.read(new DataView(payload.buffer, payload.byteOffset, payload.byteLength)) };
    },
    write({ schema, value }) {
      if (value === null && type !== 'boolean') return null;
      if (schema !== null && schema.type !== type) throw new DataError(`the schema is ${schema.type}, not ${type}`);
      if (value === null) return null;
      if (typeOf(value) !== type)
        throw new DataError(`${className} writes ${type} only, and the value is ${kindOf(value)}`);
      const view = new DataView(new ArrayBuffer(width.bytes));
      width.write(view, value);
      return Buffer.from(view.buffer);
    },
  };
}

/** Headers as text whose type is guessed. */
export function simpleHeaderConverter(className: string): Converter {
  return {
    className,
    read(payload) {
      return payload === null ? nothing : parseText(textOf(payload, false));
    },
    write: ({ value }) => (value === null ? null : Buffer.from(headerText(value))),
  };
}
