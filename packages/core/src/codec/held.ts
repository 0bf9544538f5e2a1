import { types } from 'node:util';
import type { EventInput } from '../model/event.ts';

/** The event as it is now, for whoever looks at it later: what its sender changes meanwhile was not sent. */
export function held(input: EventInput): EventInput {
  return { ...attributesHeld(input), data: copyOf(input.data, new Map()) };
}

/** As {@link held}, but for its data. */
export function attributesHeld(input: EventInput): EventInput {
  return {
    ...input,
    ...(input.time === undefined ? {} : { time: new Date(input.time) }),
    ...(input.headers === undefined ? {} : { headers: { ...input.headers } }),
    ...(input.extensions === undefined ? {} : { extensions: { ...input.extensions } }),
  };
}

/** Of objects, arrays, dates and bytes. What has a class of its own stays what it is: a copy of it would be something else. */
function copyOf(value: unknown, copies: Map<object, unknown>): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const known = copies.get(value);
  if (known !== undefined) return known;
  if (types.isUint8Array(value)) return Uint8Array.prototype.slice.call(value);
  if (types.isDate(value)) return new Date(value);
  if (Array.isArray(value)) {
    const list: unknown[] = [];
    copies.set(value, list);
    for (const item of value) list.push(copyOf(item, copies));
    return list;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return value;
  const copy: Record<string | symbol, unknown> = { ...value };
  copies.set(value, copy);
  for (const name of Object.keys(copy))
    if (typeof copy[name] === 'object') define(copy, name, copyOf(copy[name], copies));
  return copy;
}

/** A member may be called `__proto__`: assigning it would change what the copy is. */
function define(copy: object, name: string, value: unknown): void {
  Object.defineProperty(copy, name, { value, enumerable: true, configurable: true, writable: true });
}
