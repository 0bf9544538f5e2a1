import { BigInteger, DataError, Decimal, isList, isMap, kindOf, msPerDay, Num, Struct, type Value } from './values.ts';
import { formatDate } from '../dates/format.ts';
import { compilePattern } from '../dates/pattern.ts';

/** A fraction as Java writes it: at least one digit behind the point, an exponent below a thousandth and from ten million on. */
function fractionText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  const size = Math.abs(value);
  if (size >= 1e-3 && size < 1e7) return Number.isInteger(value) ? `${value}.0` : String(value);
  // The smallest numbers have one digit, and are written with two.
  const [digits = '', exponent = ''] = value.toExponential(size < 1e-322 ? 1 : undefined).split('e');
  return `${digits.includes('.') ? digits : `${digits}.0`}E${Number(exponent)}`;
}

/** A decimal as Java writes it: with its zeros, and with an exponent where it would be long. */
export function decimalText({ unscaled, scale }: Decimal): string {
  if (scale === 0) return unscaled.toString();
  const sign = unscaled < 0n ? '-' : '';
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString();
  const exponent = digits.length - 1 - scale;
  if (scale > 0 && exponent >= -6) {
    const padded = digits.padStart(scale + 1, '0');
    return `${sign}${padded.slice(0, -scale)}.${padded.slice(-scale)}`;
  }
  const mantissa = digits.length > 1 ? `${digits.slice(0, 1)}.${digits.slice(1)}` : digits;
  const power = exponent > 0 ? `+${exponent}` : String(exponent);
  return exponent === 0 ? sign + mantissa : `${sign}${mantissa}E${power}`;
}

/** The text of a number, a boolean or text; `undefined` for everything else. */
export function scalarText(value: Value): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return fractionText(value);
  if (value instanceof Num) return value.type === 'float32' ? fractionText(value.value) : String(value.value);
  if (value instanceof Decimal) return decimalText(value);
  return value instanceof BigInteger ? value.value.toString() : undefined;
}

const dateText = compilePattern('EEE MMM dd HH:mm:ss zzz yyyy');

/** What `toString()` makes of a value in Java, such as `{a=1, b=[x, null]}`. Bytes have no such text. */
export function javaText(value: Value): string {
  if (value === null) return 'null';
  const scalar = scalarText(value);
  if (scalar !== undefined) return scalar;
  if (value instanceof Date) return formatDate(dateText, value.getTime());
  if (value instanceof Struct) {
    const fields = [...value.values].filter(([, field]) => field !== null);
    return `Struct{${fields.map(([name, field]) => `${name}=${javaText(field)}`).join(',')}}`;
  }
  if (isList(value)) return `[${value.map(javaText).join(', ')}]`;
  if (isMap(value)) return `{${[...value].map(([key, entry]) => `${javaText(key)}=${javaText(entry)}`).join(', ')}}`;
  throw new DataError(`${kindOf(value)} have no text. Use the byte array converter or the JSON converter`);
}

const timeOfDay = compilePattern("HH:mm:ss.SSS'Z'");
const day = compilePattern('yyyy-MM-dd');
const timestamp = compilePattern("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'");

/** A date in the shortest of three forms: what is within the first day counts as a time, midnight as a date. */
export function isoText(date: Date): string {
  const ms = date.getTime();
  if (ms < msPerDay) return formatDate(timeOfDay, ms);
  return formatDate(ms % msPerDay === 0 ? day : timestamp, ms);
}

/** A value as the header converter writes it: JSON in which dates and bytes are text. */
export function headerText(value: Value, isInside = false): string {
  if (value === null) return 'null';
  const quoted = (text: string): string => (isInside ? `"${text}"` : text);
  if (typeof value === 'string') return quoted(isInside ? value.replaceAll(/[\\"]/g, String.raw`\$&`) : value);
  const scalar = scalarText(value);
  if (scalar !== undefined) return scalar;
  if (value instanceof Uint8Array) return quoted(Buffer.from(value).toString('base64'));
  if (value instanceof Date) return quoted(isoText(value));
  if (isList(value)) return `[${value.map((entry) => headerText(entry, true)).join(',')}]`;
  const entries = value instanceof Struct ? [...value.values] : isMap(value) ? [...value] : [];
  return `{${entries.map(([key, entry]) => `${headerText(key, true)}:${headerText(entry, true)}`).join(',')}}`;
}
