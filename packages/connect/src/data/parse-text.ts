import { parseDate } from '../dates/parse.ts';
import { compilePattern } from '../dates/pattern.ts';
import { exactInteger, fits, float32, parseDecimal, toDouble, toInteger, wrap } from './numbers.ts';
import {
  DataError,
  isList,
  isMap,
  logicalDate,
  logicalDecimal,
  logicalTime,
  logicalTimestamp,
  nothing,
  type Schema,
  type Typed,
  type Value,
} from './values.ts';

/**
 * Guesses the type of a text, as Kafka Connect does for headers: numbers take the smallest type that holds them, JSON lists
 * and maps are read, three forms of dates too. What is none of these stays text. A colon or a comma ends a number: of
 * `12:30` the 12 is left.
 */
export function parseText(text: string): Typed {
  return text === '' ? { schema: { type: 'string' }, value: '' } : new TextParser(text).parse(false);
}

const words: readonly (readonly [string, Typed])[] = [
  ['null', nothing],
  ['true', { schema: { type: 'boolean' }, value: true }],
  ['false', { schema: { type: 'boolean' }, value: false }],
];

const delimiters = new Set([':', ',', '{', '}', '[', ']', '"']);

/** Goes through a text token by token; a token is one delimiter, or what is between two. */
class TextParser {
  readonly #text: string;
  #at = 0;
  #next: string | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  parse(isInside: boolean): Typed {
    if (!this.#hasNext()) return nothing;
    if (isInside && this.#consume('"')) return this.#quoted();
    const start = this.#mark();
    for (const [word, typed] of words) {
      // With more behind it, as in `true,false`, it is text.
      if (this.#consume(word)) return isInside || !this.#hasNext() ? typed : this.#whole();
    }
    try {
      if (this.#consume('[')) return this.#list();
      if (this.#consume('{')) return this.#map();
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      this.#rewind(start);
    }
    return this.#scalar(isInside);
  }

  #whole(): Typed {
    return { schema: { type: 'string' }, value: this.#text };
  }

  #scalar(isInside: boolean): Typed {
    const raw = this.#take();
    const token = raw.trim();
    if (token === '') return { schema: { type: 'string' }, value: raw };
    const isDigit = /^\d/.test(token);
    const temporal = isDigit ? this.#temporal(token) : undefined;
    if (temporal !== undefined) return temporal;
    const number = isDigit || /^[+-]/.test(token) ? parseNumber(token) : undefined;
    if (number !== undefined) return number;
    if (isInside) throw new DataError('text inside of a list or a map has to be quoted');
    return this.#whole();
  }

  /** A time has colons, so it comes in five tokens. */
  #temporal(token: string): Typed | undefined {
    const start = this.#mark();
    let whole = token;
    for (let more = 0; more < 4 && this.#hasNext(); more += 1) whole += this.#take();
    const temporal = parseTemporal(whole);
    if (temporal !== undefined) return temporal;
    this.#rewind(start);
    return parseTemporal(token);
  }

  #quoted(): Typed {
    let content = '';
    while (this.#hasNext()) {
      const token = this.#take();
      if (token === '"') break;
      content += token;
    }
    return parseTemporal(content) ?? { schema: { type: 'string' }, value: content };
  }

  #list(): Typed {
    const entries: Value[] = [];
    let common: Schema | null = null;
    while (this.#hasNext()) {
      if (this.#consume(']')) return { schema: arrayOf(common), value: entries.map((entry) => aligned(common, entry)) };
      if (this.#consume(',')) throw new DataError('a list has an empty entry');
      const entry = this.parse(true);
      common = commonSchema(common, entry);
      entries.push(entry.value);
      const end = this.#mark();
      if (this.#consume(']')) this.#rewind(end);
      else if (!this.#consume(',')) throw new DataError('a list misses a comma');
    }
    throw new DataError('a list is not closed');
  }

  #map(): Typed {
    const entries: (readonly [Value, Value])[] = [];
    let keys: Schema | null = null;
    let values: Schema | null = null;
    while (this.#hasNext()) {
      if (this.#consume('}')) {
        const aligning = entries.map(([key, value]) => [aligned(keys, key), aligned(values, value)] as const);
        const schema: Schema = {
          type: 'map',
          ...(keys === null ? {} : { keys }),
          ...(values === null ? {} : { values }),
        };
        return { schema, value: new Map(aligning) };
      }
      if (this.#consume(',')) throw new DataError('a map has an empty entry');
      const key = this.parse(true);
      if (key.value === null) throw new DataError('a map has a key that is null');
      if (!this.#consume(':')) throw new DataError('a map misses a colon');
      const value = this.parse(true);
      entries.push([key.value, value.value]);
      this.#consume(',');
      keys = commonSchema(keys, key);
      values = commonSchema(values, value);
    }
    throw new DataError('a map is not closed');
  }

  #mark(): number {
    return this.#at - (this.#next?.length ?? 0);
  }

  #rewind(mark: number): void {
    this.#at = mark;
    this.#next = undefined;
  }

  #hasNext(): boolean {
    return this.#next !== undefined || this.#at < this.#text.length;
  }

  #take(): string {
    const token = this.#next ?? this.#token();
    this.#next = undefined;
    return token;
  }

  /** Whether the next token is this one; blanks around it do not count. */
  #consume(expected: string): boolean {
    if (!this.#hasNext()) return false;
    this.#next ??= this.#token();
    while (this.#next.trim() === '' && this.#at < this.#text.length) this.#next = this.#token();
    if (this.#next.trim() !== expected) return false;
    this.#next = undefined;
    return true;
  }

  #token(): string {
    const start = this.#at;
    let isEscaped = false;
    for (; this.#at < this.#text.length; this.#at += 1) {
      const char = this.#text.charAt(this.#at);
      if (!isEscaped && delimiters.has(char)) {
        if (start === this.#at) this.#at += 1;
        break;
      }
      isEscaped = char === '\\' && !isEscaped;
    }
    return this.#text.slice(start, this.#at);
  }
}

function arrayOf(values: Schema | null): Schema {
  return values === null ? { type: 'array' } : { type: 'array', values };
}

/** The smallest type that holds a number; what has a fraction is a float32, however many digits it has. */
function parseNumber(text: string): Typed | undefined {
  const decimal = parseDecimal(text);
  if (decimal === undefined) return undefined;
  const whole = exactInteger(decimal);
  if (whole !== undefined) {
    for (const type of ['int8', 'int16', 'int32'] as const)
      if (fits(type, whole)) return { schema: { type }, value: wrap(type, whole) };
    if (fits('int64', whole)) return { schema: { type: 'int64' }, value: whole };
  }
  const double = toDouble(decimal) ?? Number.NaN;
  if (decimal.scale !== 0 && Number.isFinite(Math.fround(double)))
    return { schema: { type: 'float32' }, value: float32(double) };
  if (decimal.scale !== 0 && Number.isFinite(double)) return { schema: { type: 'float64' }, value: double };
  const parameters = { scale: String(decimal.scale) };
  return { schema: { type: 'bytes', name: logicalDecimal, version: 1, parameters }, value: decimal };
}

const forms = [
  { length: 13, pattern: compilePattern("HH:mm:ss.SSS'Z'"), schema: { type: 'int32', name: logicalTime, version: 1 } },
  {
    length: 24,
    pattern: compilePattern("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'"),
    schema: { type: 'int64', name: logicalTimestamp, version: 1 },
  },
  { length: 10, pattern: compilePattern('yyyy-MM-dd'), schema: { type: 'int32', name: logicalDate, version: 1 } },
] as const;

function parseTemporal(token: string): Typed | undefined {
  const text = token.replaceAll(String.raw`\:`, ':');
  const form = forms.find(({ length }) => length === token.length);
  const ms = form === undefined ? undefined : parseDate(form.pattern, text);
  return form === undefined || ms === undefined ? undefined : { schema: form.schema, value: new Date(ms) };
}

const ranks: readonly string[] = ['int8', 'int16', 'int32', 'int64', 'float32', 'float64'];

/** A schema for both: the wider of two numbers; `null` where there is none. */
function commonSchema(previous: Schema | null, { schema }: Typed): Schema | null {
  if (schema === null) return previous;
  if (previous === null || previous.type === schema.type) return schema;
  const [left, right] = [ranks.indexOf(previous.type), ranks.indexOf(schema.type)];
  if (left === -1 || right === -1) return null;
  return left > right ? previous : schema;
}

/** A value as its list's schema has it. */
function aligned(schema: Schema | null, value: Value): Value {
  if (schema !== null && value === null) throw new DataError(`an entry is null, and the others are ${schema.type}`);
  if (schema === null || value === null || isList(value) || isMap(value)) return value;
  const { type } = schema;
  if (schema.name !== undefined || !ranks.includes(type)) return value;
  const number = typeof value === 'string' ? parseDecimal(value) : value;
  const double = number === undefined ? undefined : toDouble(number);
  if (number === undefined || double === undefined) throw new DataError(`an entry is not ${type}`);
  if (type === 'float64') return double;
  if (type === 'float32') return float32(double);
  const isInteger = type === 'int8' || type === 'int16' || type === 'int32' || type === 'int64';
  return (isInteger ? toInteger(type, number) : undefined) ?? value;
}
