import type { Adapter } from '@isostream/core';
import { z } from 'zod';

/** What `connect` needs to know of one provider. */
export interface Provider<Settings> {
  /** How an address of it begins. */
  readonly scheme: string;
  /** Unknown entries are refused. */
  readonly settings: z.ZodType<Settings>;
  /** Names that entries had. */
  readonly renamed?: Readonly<Record<string, string>>;
  /** Entries that say where it is. */
  readonly address: readonly (keyof Settings)[];
  /** Entries that are shown to that address only; `ssl.key` is the entry `key` of `ssl`. */
  readonly credentials: readonly ((keyof Settings & string) | `${keyof Settings & string}.${string}`)[];
  /** What an address says, as settings. Throws `invalid-config` that quotes nothing of it. */
  readonly parse: (url: string) => Settings;
  /** What has to be installed, the adapter first. */
  readonly packages: readonly string[];
  /** Loads the adapter when it is first asked for. What the settings say wins over what the address says. */
  create(url: string | undefined, settings: Settings): Promise<Adapter>;
}

export const duration: z.ZodType<number | `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`> = z.union([
  z.number(),
  z.templateLiteral([z.number(), z.enum(['ms', 's', 'm', 'h', 'd'])]),
]);

export const size: z.ZodType<number | `${number}${'b' | 'kb' | 'mb' | 'gb'}`> = z.union([
  z.number(),
  z.templateLiteral([z.number(), z.enum(['b', 'kb', 'mb', 'gb'])]),
]);

/** An object that only code can give; the SDK that takes it checks what is in it. */
export function object<T extends object>(what: string): z.ZodType<T> {
  return z.custom<T>((value) => typeof value === 'object' && value !== null, `expected ${what}`);
}

/**
 * What becomes of a lazy import whose package is not installed: it fails when it is asked for. Bundlers take an import with a
 * `catch` for one that may be missing, and leave it as it is; without one they refuse to bundle programs that need one provider only.
 */
export function absent(error: unknown): never {
  throw error;
}

type Defined<T> = { [Name in keyof T]: Exclude<T[Name], undefined> };

/** Optional entries that are absent, not `undefined`: adapters tell the two apart. */
export function definedOnly<T extends object>(value: T): Defined<T> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the filter is the proof
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as Defined<T>;
}
