import { ServiceError } from '../service-error.ts';

/** One field of a JSON object; `undefined` where there is none. */
export function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

export function numberField(value: unknown, name: string): number | undefined {
  const found = field(value, name);
  if (found === undefined || typeof found === 'number') return found;
  throw new ServiceError('amqp:invalid-field', `'${name}' must be a number.`);
}

export function stringField(value: unknown, name: string): string | undefined {
  const found = field(value, name);
  if (found === undefined || typeof found === 'string') return found;
  throw new ServiceError('amqp:invalid-field', `'${name}' must be a string.`);
}
