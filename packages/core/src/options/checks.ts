import { inspect } from 'node:util';
import { shown } from '../errors/shown.ts';
import { StreamError } from '../errors/stream-error.ts';
import { unknownOption } from './unknown-option.ts';

/** Throws `invalid-config` for anything but an object with these names; `option` is its own name, if it stands inside others. */
export function checkNames(options: unknown, known: readonly string[], where: string, option?: string): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw refused(option ?? 'options', options, `an object of ${known.join(', ')}`, where);
  const full = (name: string): string => (option === undefined ? name : `${option}.${name}`);
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) throw invalid(unknownOption(full(name), known.map(full)), where);
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

/** The value, a signal or none; throws as above. */
export function checkSignal(signal: unknown, where: string): void {
  const isSignal = typeof signal === 'object' && signal !== null && 'aborted' in signal && 'addEventListener' in signal;
  if (signal !== undefined && !isSignal) throw refused('signal', signal, 'an AbortSignal', where);
}

/** Throws as above for options of a call that takes these besides a signal. */
export function checkCall(options: unknown, known: readonly string[], where: string): void {
  if (options === undefined) return;
  checkNames(options, [...known, 'signal'], where);
  if (typeof options === 'object' && options !== null && 'signal' in options) checkSignal(options.signal, where);
}

/** The error that says which option has a wrong value, and what to give instead. */
export function refused(option: string, value: unknown, expected: string, where: string): StreamError {
  return invalid(`${option} is ${described(value)}. Give ${expected}`, where);
}

/** The value in a message, whatever it is: an object may have a way to show itself, and that may throw. */
function described(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  try {
    return inspect(value, { depth: 0, breakLength: Infinity, customInspect: false });
  } catch {
    return shown(value);
  }
}

function invalid(message: string, where: string): StreamError {
  return new StreamError('invalid-config', message, { where });
}
