import { StreamError } from '@isostream/core';

/** What the page sent, read by name: text, numbers, and what is not there. */
export class Input {
  readonly #values: ReadonlyMap<string, unknown>;

  private constructor(values: ReadonlyMap<string, unknown>) {
    this.#values = values;
  }

  static ofQuery(query: URLSearchParams): Input {
    return new Input(new Map([...query].filter(([, value]) => value !== '')));
  }

  /** Throws `invalid-config` for what is not a JSON object. */
  static ofBody(text: string): Input {
    const value: unknown = parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong('the body', 'a JSON object');
    return new Input(new Map(Object.entries(value)));
  }

  /** Throws `invalid-config` where there is none. */
  text(name: string): string {
    const value = this.optional(name);
    if (value === undefined) throw wrong(name, 'text');
    return value;
  }

  optional(name: string): string | undefined {
    const value = this.#values.get(name);
    if (value === undefined || value === null) return undefined;
    if (typeof value !== 'string') throw wrong(name, 'text');
    return value;
  }

  number(name: string, otherwise: number, most: number = Infinity): number {
    const value = this.#values.get(name);
    if (value === undefined || value === null) return otherwise;
    const number = Number(value);
    if (!Number.isFinite(number) || number <= 0) throw wrong(name, 'a number above 0');
    return Math.min(number, most);
  }

  texts(name: string): readonly string[] | undefined {
    const value = this.#values.get(name);
    if (value === undefined || value === null) return undefined;
    if (!Array.isArray(value) || !value.every((each): each is string => typeof each === 'string'))
      throw wrong(name, 'a list of texts');
    return value;
  }

  /** `earliest`, `latest`, a time, or how long ago. */
  start(name: string, otherwise: 'earliest' | 'latest'): 'earliest' | 'latest' | Date {
    const text = this.optional(name) ?? otherwise;
    if (text === 'earliest' || text === 'latest') return text;
    const ago = /^(\d{1,9})(s|m|h|d)$/.exec(text);
    const units: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
    const time = ago === null ? new Date(text) : new Date(Date.now() - Number(ago[1]) * (units[ago[2] ?? ''] ?? 0));
    if (Number.isNaN(time.getTime()))
      throw wrong(name, 'earliest, latest, a time such as 2026-11-01T12:00:00Z, or how long ago, such as 15m or 2d');
    return time;
  }

  /** These of its texts, by name, without those that are not there. */
  some<Name extends string>(...names: readonly Name[]): { readonly [Each in Name]?: string } {
    const found: { [Each in Name]?: string } = {};
    for (const name of names) {
      const value = this.optional(name);
      if (value !== undefined) found[name] = value;
    }
    return found;
  }
}

function parse(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}

function wrong(name: string, expected: string): StreamError {
  return new StreamError('invalid-config', `${name} has to be ${expected}`, { where: 'console' });
}
