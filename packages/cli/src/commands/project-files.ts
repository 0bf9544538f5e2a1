import { existsSync, readFileSync } from 'node:fs';

/** Something that was looked at, and how it is. */
export interface Finding {
  readonly what: string;
  readonly state: 'ok' | 'missing' | 'failed';
  readonly detail: string;
}

/** The object in a file of JSON; undefined where there is no file, or something else in it. */
export function readObject(file: string): object | undefined {
  if (!existsSync(file)) return undefined;
  try {
    const content: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return typeof content === 'object' && content !== null ? content : undefined;
  } catch {
    return undefined;
  }
}

/** A text by its name in an object. */
export function textOf(object: object | undefined, name: string): string | undefined {
  const value: unknown = object === undefined ? undefined : Reflect.get(object, name);
  return typeof value === 'string' ? value : undefined;
}
