import { shown } from '../errors/shown.ts';
import { StreamError } from '../errors/stream-error.ts';
import { type Duration, type Size, toBytes, toMilliseconds } from '../units/units.ts';
import { unknownOption } from '../options/unknown-option.ts';
import { type Expectation, isObject } from './expected.ts';

/** What the declaration of an option says besides its kind. */
export interface OptionText {
  /** In Markdown: what it means, its bounds. */
  readonly doc: string;
  /** Whether its value, or a part of it, proves who somebody is: it is never shown. */
  readonly isSecret?: boolean;
  /** Whether it says where the service is. */
  readonly isAddress?: boolean;
  /** Whether it is for the address that it came with, and no other; a list names parts of it. Default: what is secret. */
  readonly staysWithAddress?: boolean | readonly string[];
  /** What a configuration has to give, where the kind of the option does not say it. */
  readonly inConfig?: Expectation;
}

/** An option of an adapter, declared once: its check, its default, and what the docs say of it. */
export interface DeclaredOption<Given, Taken> extends OptionText {
  /** The default as the docs show it. */
  readonly shownDefault: string;
  /** The value to work with. Throws `invalid-config` that names the option. */
  take(given: Given | undefined, option: string, where: string): Taken;
}

/** All options of an adapter, by name. */
export type DeclaredOptions = Readonly<Record<string, DeclaredOption<never, unknown>>>;

/** A declaration for each option of an interface, and for nothing else. */
export type DeclarationOf<Options> = {
  readonly [Name in keyof Options]-?: DeclaredOption<NonNullable<Options[Name]>, unknown>;
};

/** What {@link takeOptions} gives for each option. */
export type TakenOptions<Declared extends DeclaredOptions> = {
  readonly [Name in keyof Declared]: ReturnType<Declared[Name]['take']>;
};

/**
 * Checks options against their declaration, and fills in defaults. Throws `invalid-config` that names the option; for an unknown
 * one also its new name in `renamed`, or the name that comes nearest.
 */
export function takeOptions<Declared extends DeclaredOptions>(
  declared: Declared,
  options: object,
  { where, renamed = {} }: { readonly where: string; readonly renamed?: Readonly<Record<string, string>> },
): TakenOptions<Declared> {
  const valid = Object.keys(declared);
  if (!isObject(options)) throw refusal(`options is ${shown(options)}. Give an object of ${valid.join(', ')}`, where);
  for (const name of Object.keys(options))
    if (!valid.includes(name)) throw refusal(unknownOption(name, valid, renamed), where);
  const given: ReadonlyMap<string, unknown> = new Map(Object.entries(options));
  const taken = Object.entries(declared).map(([name, one]) => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- whatever it is, it is checked by what it is given to
    return [name, one.take(given.get(name) as never, name, where)];
  });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- one entry for each declaration, by what it takes
  return Object.fromEntries(taken) as TakenOptions<Declared>;
}

interface Bounds<Value> {
  readonly least?: Value;
  readonly most?: Value;
}

/** The kinds of options that adapters have. */
export const option = {
  /** Milliseconds. */
  duration({
    byDefault,
    least,
    most,
    ...text
  }: OptionText & Bounds<Duration> & { readonly byDefault: Duration }): DeclaredOption<Duration, number> {
    return {
      ...text,
      shownDefault: code(byDefault),
      take(given: Duration | undefined, name: string, where: string): number {
        const ms = toMilliseconds(given ?? byDefault, name);
        if (isWithin(ms, toMilliseconds(least ?? 0, name), toMilliseconds(most ?? Number.MAX_VALUE, name))) return ms;
        throw refusal(`${name} is ${ms} ms. Give ${range(least, most)}`, where);
      },
    };
  },

  /** Bytes, a whole number of 1 or more. */
  size({
    byDefault,
    most,
    ...text
  }: OptionText & { readonly byDefault: Size; readonly most: Size }): DeclaredOption<Size, number> {
    return {
      ...text,
      shownDefault: code(byDefault),
      take(given: Size | undefined, name: string, where: string): number {
        const bytes = toBytes(given ?? byDefault, name);
        if (Number.isInteger(bytes) && isWithin(bytes, 1, toBytes(most, name))) return bytes;
        throw refusal(`${name} is ${shown(given)}. Give a size from 1 byte to ${most}`, where);
      },
    };
  },

  /** A number from 1 to `most`. */
  whole({
    byDefault,
    most,
    ...text
  }: OptionText & { readonly byDefault: number; readonly most: number }): DeclaredOption<number, number> {
    return {
      ...text,
      shownDefault: byDefault.toLocaleString('en-US'),
      take(given: number | undefined, name: string, where: string): number {
        const value = given ?? byDefault;
        if (Number.isInteger(value) && isWithin(value, 1, most)) return value;
        throw refusal(`${name} is ${shown(value)}. Give a whole number from 1 to ${most}`, where);
      },
    };
  },

  /** Any text. */
  text({ byDefault, ...text }: OptionText & { readonly byDefault: string }): DeclaredOption<string, string> {
    return {
      ...text,
      shownDefault: code(byDefault),
      take(given: string | undefined, name: string, where: string): string {
        const value = given ?? byDefault;
        if (typeof value === 'string' && value !== '') return value;
        throw refusal(`${name} is ${shown(value)}. Give a text such as '${byDefault}'`, where);
      },
    };
  },

  /** One of a few words. */
  oneOf<const Value extends string>({
    byDefault,
    of,
    ...text
  }: OptionText & { readonly byDefault: NoInfer<Value>; readonly of: readonly Value[] }): DeclaredOption<Value, Value> {
    return {
      ...text,
      shownDefault: code(byDefault),
      take(given: Value | undefined, name: string, where: string): Value {
        const value = given ?? byDefault;
        if (of.includes(value)) return value;
        throw refusal(`${name} is ${shown(value)}. Give one of ${of.join(', ')}`, where);
      },
    };
  },

  /** `true` or `false`. */
  flag({ byDefault, ...text }: OptionText & { readonly byDefault: boolean }): DeclaredOption<boolean, boolean> {
    return {
      ...text,
      shownDefault: code(byDefault),
      take(given: boolean | undefined, name: string, where: string): boolean {
        const value = given ?? byDefault;
        if (typeof value === 'boolean') return value;
        throw refusal(`${name} is ${shown(value)}. Give true or false`, where);
      },
    };
  },

  /** A value that the adapter checks itself, `undefined` where none is given. */
  given<Value>({
    shownDefault,
    ...text
  }: OptionText & { readonly shownDefault: string }): DeclaredOption<Value, Value | undefined> {
    return {
      ...text,
      shownDefault,
      take: (given: Value | undefined): Value | undefined => given,
    };
  },
} as const;

function isWithin(value: number, least: number, most: number): boolean {
  return value >= least && value <= most;
}

function range(least: Duration | undefined, most: Duration | undefined): string {
  if (most === undefined) return `${least} or more`;
  return least === undefined ? `${most} at most` : `${least} to ${most}`;
}

function code(value: number | boolean | string): string {
  return typeof value === 'string' ? `\`'${value}'\`` : `\`${value}\``;
}

function refusal(message: string, where: string): StreamError {
  return new StreamError('invalid-config', message, { where });
}
