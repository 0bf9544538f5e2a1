import { inspect } from 'node:util';
import { StreamError } from '../errors/stream-error.ts';

/** Throws `invalid-config` for anything but an object with these names; `option` is its own name, if it stands inside others. */
export function checkNames(options: unknown, known: readonly string[], where: string, option?: string): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw refused(option ?? 'options', options, `an object of ${known.join(', ')}`, where);
  const full = (name: string): string => (option === undefined ? name : `${option}.${name}`);
  for (const name of Object.keys(options)) {
    if (!known.includes(name))
      throw invalid(`unknown option ${full(name)}. Known are ${known.map(full).join(', ')}`, where);
  }
}

/** The value, a whole number of 1 or more; throws `invalid-config` for anything else. */
export function whole(option: string, value: number, where: string): number {
  if (Number.isInteger(value) && value >= 1) return value;
  throw refused(option, value, 'a whole number of 1 or more', where);
}

/** The value, one of those allowed; throws as above. */
export function oneOf<const Value extends string>(
  option: string,
  value: Value,
  allowed: readonly Value[],
  where: string,
): Value {
  if (allowed.includes(value)) return value;
  throw refused(option, value, `one of ${allowed.join(', ')}`, where);
}

/** The error that says which option has a wrong value, and what to give instead. */
export function refused(option: string, value: unknown, expected: string, where: string): StreamError {
  const given = typeof value === 'string' ? JSON.stringify(value) : inspect(value, { depth: 0, breakLength: Infinity });
  return invalid(`${option} is ${given}. Give ${expected}`, where);
}

function invalid(message: string, where: string): StreamError {
  return new StreamError('invalid-config', message, { where });
}
