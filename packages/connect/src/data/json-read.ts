import { BigInteger, DataError, type Value } from './values.ts';
import { fits } from './numbers.ts';

const maxDepth = 1_000;

/**
 * Reads the first JSON value of a payload as Kafka Connect's converter does: integers stay exact, the last of two equal names
 * wins, leading zeros and text behind the value are passed over. `undefined` where there is nothing but blanks.
 * Throws {@link DataError} with the place of what is wrong.
 */
export function readJson(payload: Uint8Array): Value | undefined {
  let text: string;
  try {
    text = utf8.decode(payload);
  } catch (cause) {
    throw new DataError('the payload is not JSON: it is not UTF-8', { cause });
  }
  return new Reader(text).root();
}

const utf8 = new TextDecoder('utf-8', { fatal: true });
/** With one of these a string cannot be copied as it stands. */
// oxlint-disable-next-line no-control-regex -- by their numbers they are found in half the time
const special = /[\\\u0000-\u001F\u007F-\u009F]/;
const number = /-?\d+(\.\d+)?([eE][+-]?\d+)?/y;
const plainText = /(?:[^"\\\p{Cc}]|[\u007F-\u009F])*/uy;
const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  root(): Value | undefined {
    this.#blanks();
    if (this.#at === this.#text.length) return undefined;
    const value = this.#value(0);
    const isNumber = typeof value === 'bigint' || typeof value === 'number' || value instanceof BigInteger;
    // A number at the top ends only at a blank, else its end would be a guess.
    if (isNumber && /[^ \t\r\n]/.test(this.#text.charAt(this.#at))) throw this.#wrong('a blank');
    return value;
  }

  #value(depth: number): Value {
    if (depth > maxDepth) throw this.#wrong(`at most ${maxDepth} values inside of each other`);
    const char = this.#text.charAt(this.#at);
    if (char === '{') return this.#object(depth);
    if (char === '[') return this.#array(depth);
    if (char === '"') return this.#string();
    if (char === '-' || (char >= '0' && char <= '9')) return this.#number();
    for (const [word, value] of words) {
      if (!this.#text.startsWith(word, this.#at)) continue;
      this.#at += word.length;
      if (/[\w$]/.test(this.#text.charAt(this.#at))) throw this.#wrong(word);
      return value;
    }
    throw this.#wrong('a value');
  }

  #object(depth: number): Value {
    const entries = new Map<Value, Value>();
    this.#at += 1;
    if (this.#skip('}')) return entries;
    for (;;) {
      this.#blanks();
      if (this.#text.charAt(this.#at) !== '"') throw this.#wrong('a name in double quotes');
      const name = this.#string();
      if (!this.#skip(':')) throw this.#wrong('":"');
      this.#blanks();
      entries.set(name, this.#value(depth + 1));
      if (this.#skip('}')) return entries;
      if (!this.#skip(',')) throw this.#wrong('"," or "}"');
    }
  }

  #array(depth: number): Value {
    const entries: Value[] = [];
    this.#at += 1;
    if (this.#skip(']')) return entries;
    for (;;) {
      this.#blanks();
      entries.push(this.#value(depth + 1));
      if (this.#skip(']')) return entries;
      if (!this.#skip(',')) throw this.#wrong('"," or "]"');
    }
  }

  #number(): Value {
    number.lastIndex = this.#at;
    const [text, fraction, exponent] = number.exec(this.#text) ?? [];
    if (text === undefined) throw this.#wrong('a digit');
    this.#at += text.length;
    if (this.#text.charAt(this.#at) === '.' || /[\w]/.test(this.#text.charAt(this.#at))) throw this.#wrong('a digit');
    if (fraction !== undefined || exponent !== undefined) return Number(text);
    const whole = text.startsWith('-') ? -BigInt(text.slice(1)) : BigInt(text);
    return fits('int64', whole) ? whole : new BigInteger(whole);
  }

  #string(): string {
    let text = '';
    this.#at += 1;
    // Most strings have nothing to be replaced.
    const end = this.#text.indexOf('"', this.#at);
    const whole = end === -1 ? '\\' : this.#text.slice(this.#at, end);
    if (!special.test(whole)) {
      this.#at = end + 1;
      return whole;
    }
    for (;;) {
      plainText.lastIndex = this.#at;
      const [plain = ''] = plainText.exec(this.#text) ?? [];
      text += plain;
      this.#at += plain.length;
      const char = this.#text.charAt(this.#at);
      if (char === '"') {
        this.#at += 1;
        return text;
      }
      if (char !== '\\') throw this.#wrong(char === '' ? 'the end of the text' : 'an escaped control character');
      text += this.#escape();
    }
  }

  #escape(): string {
    const code = this.#text.charAt(this.#at + 1);
    const known = escapes[code];
    if (known !== undefined) {
      this.#at += 2;
      return known;
    }
    const hex = this.#text.slice(this.#at + 2, this.#at + 6);
    if (code !== 'u' || !/^[0-9a-fA-F]{4}$/.test(hex)) throw this.#wrong('a valid escape');
    this.#at += 6;
    return String.fromCharCode(Number.parseInt(hex, 16));
  }

  #blanks(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.#at += 1;
    }
  }

  #skip(char: string): boolean {
    this.#blanks();
    if (this.#text.charAt(this.#at) !== char) return false;
    this.#at += 1;
    return true;
  }

  #wrong(expected: string): DataError {
    const found = this.#at < this.#text.length ? 'something else' : 'the end';
    return new DataError(`the payload is not JSON: expected ${expected} at character ${this.#at}, found ${found}`);
  }
}

const words: readonly (readonly [string, Value])[] = [
  ['true', true],
  ['false', false],
  ['null', null],
];
