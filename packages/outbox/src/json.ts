import { StreamError } from '@isostream/core';

/** The event as JSON. Refuses data that JSON would change without a word: its reader would get something else than was written. */
export function jsonOf(event: object, where: string): string {
  const wrong = firstUnfit('data' in event ? event.data : undefined, 'data');
  if (wrong !== undefined) {
    const message = `${wrong} cannot be kept as JSON in the outbox. Give plain objects, lists, strings, finite numbers, booleans, null or dates`;
    throw new StreamError('invalid-event', message, { where });
  }
  return JSON.stringify(event);
}

/** What JSON has no form for, by its path; dates become text as they do when they are sent as JSON. */
function firstUnfit(value: unknown, path: string): string | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : `${path} (${value})`;
  if (typeof value === 'bigint' || typeof value === 'symbol' || typeof value === 'function')
    return `${path} (a ${typeof value})`;
  if (typeof value !== 'object' || value === null || value instanceof Date) return undefined;
  if (value instanceof Map || value instanceof Set || ArrayBuffer.isView(value) || value instanceof ArrayBuffer)
    return `${path} (a ${value.constructor.name})`;
  for (const [name, part] of Object.entries(value)) {
    const unfit = firstUnfit(part, Array.isArray(value) ? `${path}[${name}]` : `${path}.${name}`);
    if (unfit !== undefined) return unfit;
  }
  return undefined;
}
