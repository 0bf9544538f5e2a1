import { shown } from '../errors/shown.ts';
import { unknownOption } from '../options/unknown-option.ts';

/** Says what is wrong with a value at first sight, beginning with the part that it is about; quotes nothing of it. */
export type Expectation = (value: unknown) => string | undefined;

/** Expectations of what a configuration gives. */
export const expected = {
  text: (value: unknown): string | undefined => (typeof value === 'string' ? undefined : ': expected text'),

  number: (value: unknown): string | undefined => (typeof value === 'number' ? undefined : ': expected a number'),

  /** A value that only code can give, or whose parts somebody else checks. */
  like(words: string, is: (value: unknown) => boolean): Expectation {
    return (value) => (is(value) ? undefined : `: expected ${words}`);
  },

  /** An object with these entries, all optional but `required`, and no other. */
  record(entries: Readonly<Record<string, Expectation>>, required: readonly string[] = []): Expectation {
    return (value) => {
      if (!isObject(value)) return `: expected an object with ${Object.keys(entries).join(', ')}`;
      const given = Object.entries(value).filter(([, entry]) => entry !== undefined);
      const strange = given.find(([name]) => !Object.hasOwn(entries, name));
      if (strange !== undefined) return `: ${unknownOption(nameOf(strange[0]), Object.keys(entries))}`;
      const missing = required.find((name) => !given.some(([each]) => each === name));
      if (missing !== undefined) return `: ${missing} is missing`;
      for (const [name, entry] of given) {
        const problem = entries[name]?.(entry);
        if (problem !== undefined) return `.${name}${problem}`;
      }
      return undefined;
    };
  },
} as const;

export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A name as it stands if it looks like one: text that was put there by mistake may be an address with a password in it. */
export function nameOf(text: string): string {
  return /^[A-Za-z][\w-]{0,40}$/.test(text) ? text : shown(text);
}
