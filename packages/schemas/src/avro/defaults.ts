import type { Avro } from './model.ts';

/** Whether a schema's type takes this default: of a union, any branch. */
export function takesDefault(type: Avro, value: unknown): boolean {
  if (type.kind === 'union') return type.branches.some((branch) => takesDefault(branch, value));
  if (type.kind === 'primitive') return takesPrimitive(type.name, value);
  if (type.kind === 'array') return Array.isArray(value) && value.every((item) => takesDefault(type.items, item));
  if (type.kind === 'enum') return typeof value === 'string' && type.symbols.includes(value);
  if (type.kind === 'fixed') return isBytes(value) && value.length === type.size;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  if ('items' in type) return Object.values(value).every((item) => takesDefault(type.items, item));
  const given = new Map<string, unknown>(Object.entries(value));
  return type.fields.every(({ name, hasDefault, type: field }) =>
    given.has(name) ? takesDefault(field, given.get(name)) : hasDefault,
  );
}

function takesPrimitive(name: string, value: unknown): boolean {
  if (name === 'null') return value === null;
  if (name === 'boolean') return typeof value === 'boolean';
  if (name === 'string') return typeof value === 'string';
  if (name === 'bytes') return isBytes(value);
  if (name === 'int') return isWithin(value, 2 ** 31);
  return name === 'long' ? isWithin(value, 2 ** 63) : typeof value === 'number';
}

/** The largest long is 2^63 for `JSON.parse`, which has no number nearer to it. */
function isWithin(value: unknown, end: number): boolean {
  const number = Number.isInteger(value) ? Number(value) : Number.NaN;
  return number >= -end && (end > Number.MAX_SAFE_INTEGER ? number <= end : number < end);
}

/** Each character is a byte. */
function isBytes(value: unknown): value is string {
  return typeof value === 'string' && /^[^\u0100-\uffff]*$/.test(value);
}
