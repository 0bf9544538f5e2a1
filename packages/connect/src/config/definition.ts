import { nearest } from './nearest.ts';

/** A property of a connector, a converter or a transform is wrong: the fault of a file, found before anything starts. */
export class ConfigError extends Error {
  override readonly name: string = 'ConfigError';
}

/** What a property is: its type, and its default; without one, and not optional, it has to be given. */
export interface Definition {
  readonly type: 'string' | 'int' | 'long' | 'boolean' | 'list' | 'password';
  readonly default?: string;
  readonly optional?: boolean;
  /** The values that it may have. */
  readonly oneOf?: readonly string[];
  readonly min?: number;
  /** A list with at least one entry, or text of at least one character. */
  readonly notEmpty?: boolean;
  readonly doc: string;
}

export type Definitions = Readonly<Record<string, Definition>>;

/** Properties by name, as a file has them. */
export type Properties = Readonly<Record<string, string>>;

/** The checked properties of one connector, converter or transform. */
export class Config {
  readonly #definitions: Definitions;
  readonly #given: Properties;
  readonly #where: string;

  /** Throws {@link ConfigError} for the first property that is wrong; `where` is put before its name in messages. */
  constructor(definitions: Definitions, given: Properties, where = '') {
    this.#definitions = definitions;
    this.#given = given;
    this.#where = where;
    const [problem] = this.problems(definitions);
    if (problem !== undefined) throw new ConfigError(problem);
  }

  problems(definitions: Definitions): string[] {
    return problemsOf(definitions, this.#given, this.#where);
  }

  /** The text of a property, without blanks around it as in Kafka Connect; an empty text where it is absent. */
  text(name: string): string {
    return this.#raw(name) ?? '';
  }

  optional(name: string): string | undefined {
    return this.#raw(name);
  }

  /** The text of a property with the blanks around it, for where they mean something. */
  exact(name: string): string | undefined {
    return this.#given[name] ?? this.#definitions[name]?.default;
  }

  number(name: string): number {
    return Number(this.text(name).trim());
  }

  flag(name: string): boolean {
    return this.text(name).trim().toLowerCase() === 'true';
  }

  list(name: string): readonly string[] {
    return listOf(this.text(name));
  }

  #raw(name: string): string | undefined {
    return (this.#given[name] ?? this.#definitions[name]?.default)?.trim();
  }
}

/** Entries between commas, without blanks around them. */
export function listOf(text: string): string[] {
  const trimmed = text.trim();
  return trimmed === '' ? [] : trimmed.split(/\s*,\s*/);
}

/** Everything that is wrong with the given properties, in sentences. Properties without a definition are not looked at. */
export function problemsOf(definitions: Definitions, given: Properties, where = ''): string[] {
  return Object.entries(definitions).flatMap(([name, definition]) => {
    const value = given[name] ?? definition.default;
    if (value === undefined)
      return definition.optional === true
        ? []
        : [`${where}${name} is missing: ${definition.doc}${meantBy(name, definitions, given)}`];
    const problem = problemOf(definition, value);
    return problem === undefined ? [] : [`${where}${name} ${problem}`];
  });
}

/** A name that nothing knows, and that may be a missing one with a typo. */
export function meantBy(name: string, definitions: Definitions, given: Properties): string {
  const close = nearest(
    name,
    Object.keys(given).filter((other) => definitions[other] === undefined),
  );
  return close === undefined ? '' : `; did you write ${close} for it?`;
}

function problemOf({ type, oneOf, min, notEmpty, doc }: Definition, value: string): string | undefined {
  const shown = type === 'password' ? '(hidden)' : JSON.stringify(value);
  const text = value.trim();
  if (notEmpty === true && text === '') return `is empty: ${doc}`;
  if (type === 'boolean' && !/^(?:true|false)$/i.test(text)) return `is ${shown}. Use true or false`;
  if (type === 'int' || type === 'long') {
    if (!/^[+-]?\d+$/.test(text)) return `is ${shown}. Use a whole number`;
    if (min !== undefined && Number(text) < min) return `is ${shown}. Use ${min} or more`;
  }
  if (oneOf === undefined) return undefined;
  for (const entry of type === 'list' ? listOf(value) : [text])
    if (!oneOf.includes(entry)) {
      const close = nearest(entry, oneOf);
      return `is ${shown}. Use one of: ${oneOf.join(', ')}${close === undefined ? '' : `; did you mean ${close}?`}`;
    }
  return undefined;
}

/** The properties that start with a prefix, without it. */
export function under(prefix: string, properties: Properties): Record<string, string> {
  return Object.fromEntries(
    Object.entries(properties)
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, value]) => [name.slice(prefix.length), value]),
  );
}

/** Says of each property that has no definition which one is nearest. */
export function unknownIn(given: Iterable<string>, known: readonly string[], where = ''): string[] {
  const names = new Set(known);
  return [...given]
    .filter((name) => !names.has(name))
    .map((name) => {
      const close = nearest(name, known);
      return `${where}${name} is not a property that is known here, and has no effect${close === undefined ? '' : `; did you mean ${close}?`}`;
    });
}
