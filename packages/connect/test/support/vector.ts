import { readFileSync } from 'node:fs';
import { BigInteger, createConverter, Decimal, Num, Struct, type Value } from '@isostream/connect';

/** JSON with exact integers, read by the converter itself. */
const json = createConverter('JsonConverter', { 'schemas.enable': 'false' });

export type Entry = ReadonlyMap<Value, Value>;

/** The facts of a file, one JSON object per line. */
export function vectors(file: string): Entry[] {
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => json.read(Buffer.from(line)).value as Entry);
}

/** A scalar as text; nothing for anything else. */
export function shown(value: Value | undefined): string {
  return typeof value === 'object' || value === undefined ? '' : `${value}`;
}

export function field(entry: Value | undefined, ...path: string[]): Value {
  let current: Value = entry ?? null;
  for (const name of path) current = current instanceof Map ? ((current as Entry).get(name) ?? null) : null;
  return current;
}

/** Text properties of an entry. */
export function properties(value: Value): Record<string, string> {
  return Object.fromEntries([...(value as Entry)].map(([name, text]) => [shown(name), shown(text)]));
}

/** A value as the facts write it, made what it stands for: `{"$date": 0}`, and types that JSON does not have by path. */
export function meant(value: Value, path: string, types: Value): Value {
  const type = field(types, path);
  if (value instanceof Map) {
    const entries = [...(value as Entry)];
    const [name, inner] = entries[0] ?? [];
    if (entries.length === 1 && name === '$long') return BigInt(shown(inner));
    if (entries.length === 1 && name === '$bytes') return Buffer.from(shown(inner), 'base64');
    if (entries.length === 1 && name === '$date') return new Date(Number(inner));
    if (entries.length === 1 && name === '$bigint') return new BigInteger(BigInt(shown(inner)));
    if (entries.length === 1 && name === '$decimal') {
      const [whole = '', fraction = ''] = shown(inner).split('.');
      return new Decimal(BigInt(whole + fraction), fraction.length);
    }
    return new Map(entries.map(([key, entry]) => [key, meant(entry, `${path}.${shown(key)}`, types)]));
  }
  if (Array.isArray(value))
    return (value as readonly Value[]).map((entry, index) => meant(entry, `${path}.${index}`, types));
  if (type === 'float64') return Number(value);
  if (type === 'int8' || type === 'int16' || type === 'int32' || type === 'float32')
    return new Num(type, Number(value));
  return value;
}

/** A value in a form that compares: names sorted, types told apart. */
export function comparable(value: Value): unknown {
  if (typeof value === 'bigint') return `long ${value}`;
  if (typeof value === 'number') return `double ${value}`;
  if (value instanceof Num) return `${value.type} ${value.value}`;
  if (value instanceof Decimal) return `decimal ${value.unscaled} ${value.scale}`;
  if (value instanceof BigInteger) return `bigint ${value.value}`;
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString('hex')}`;
  if (value instanceof Date) return `date ${value.getTime()}`;
  if (value instanceof Struct) return comparable(new Map(value.values));
  if (Array.isArray(value)) return (value as readonly Value[]).map(comparable);
  if (value instanceof Map)
    return Object.fromEntries(
      [...(value as Entry)].map(([key, entry]) => [
        key instanceof Num ? String(key.value) : shown(key),
        comparable(entry),
      ]),
    );
  return value;
}
