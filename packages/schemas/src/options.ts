import { StreamError } from '@isostream/core';
import { shown, unknownOption } from '@isostream/core/adapter';

/** Throws `invalid-config` for what is not an object of these options: programs without types give anything. */
export function checkOptions(options: unknown, known: readonly string[], where: string): void {
  if (!isObject(options)) throw wrong(`options is ${shown(options)}. Give an object of ${known.join(', ')}`, where);
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown !== undefined) throw wrong(unknownOption(unknown, known), where);
}

/** Throws as above for what is not one value or more by event type. */
export function checkByType(value: unknown, name: string, what: string, where: string, by = 'event type'): void {
  if (isObject(value) && !Array.isArray(value) && Object.keys(value).length > 0) return;
  throw wrong(`${name} is ${shown(value)}. Give ${what} of each ${by}: { placed: … }`, where);
}

export function checkOneOf(value: unknown, name: string, allowed: readonly string[], where: string): void {
  if (value === undefined || (typeof value === 'string' && allowed.includes(value))) return;
  throw wrong(`${name} is ${shown(value)}. Valid values: ${allowed.join(', ')}`, where);
}

export function checkRegistry(registry: unknown, isRequired: boolean, where: string): void {
  if (registry === undefined && !isRequired) return;
  const calls = ['contentTypes', 'writing', 'open', 'reading', 'frame'];
  if (isObject(registry) && calls.every((call) => typeof Reflect.get(registry, call) === 'function')) return;
  const cure = 'Give confluentRegistry(), glueRegistry() or azureRegistry() of @isostream/schemas/registries';
  throw wrong(`registry is ${shown(registry)}. ${cure}`, where);
}

export function wrong(message: string, where: string): StreamError {
  return new StreamError('invalid-config', message, { where });
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
