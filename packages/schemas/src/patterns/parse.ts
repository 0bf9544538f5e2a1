/** Inclusive ranges of code points, ascending. */
export type Ranges = readonly (readonly [low: number, high: number])[];

/** A regular expression in the sense of automata: what remembers or looks around is none. */
export type Expression =
  | { readonly kind: 'set'; readonly ranges: Ranges }
  | { readonly kind: 'start' | 'end' }
  | { readonly kind: 'sequence' | 'choice'; readonly parts: readonly Expression[] }
  | { readonly kind: 'repeat'; readonly part: Expression; readonly least: number; readonly most: number };

/** Lookaround, back references, word boundaries, properties: nothing that this package can compare. */
export class Unsupported extends Error {}

export const lastCodePoint = 0x10_ff_ff;

const digit: Ranges = [[48, 57]];
const word: Ranges = [
  [48, 57],
  [65, 90],
  [95, 95],
  [97, 122],
];
const space: Ranges = [
  [9, 13],
  [32, 32],
  [160, 160],
  [5760, 5760],
  [8192, 8202],
  [8232, 8233],
  [8239, 8239],
  [8287, 8287],
  [12288, 12288],
  [65279, 65279],
];
const lineEnds: Ranges = [
  [10, 10],
  [13, 13],
  [8232, 8233],
];
const controls: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, f: 12, v: 11, '0': 0 };

/** Reads the syntax of ECMAScript with the flag `u`. Throws {@link Unsupported}. */
export function parsePattern(pattern: string): Expression {
  const parser = new Parser(Array.from(pattern));
  const expression = parser.choice();
  if (!parser.isDone) throw new Unsupported(pattern);
  return expression;
}

class Parser {
  readonly #characters: readonly string[];
  #at = 0;

  constructor(characters: readonly string[]) {
    this.#characters = characters;
  }

  get isDone(): boolean {
    return this.#at === this.#characters.length;
  }

  choice(): Expression {
    const parts = [this.#sequence()];
    while (this.#takes('|')) parts.push(this.#sequence());
    const [first] = parts;
    return parts.length === 1 && first !== undefined ? first : { kind: 'choice', parts };
  }

  #sequence(): Expression {
    const parts: Expression[] = [];
    while (!this.isDone && !this.#sees('|') && !this.#sees(')')) parts.push(this.#repeated());
    return { kind: 'sequence', parts };
  }

  #repeated(): Expression {
    let part = this.#atom();
    for (;;) {
      const count = this.#count();
      if (count === undefined) return part;
      // Greedy or not, the same texts match.
      this.#takes('?');
      part = { kind: 'repeat', part, ...count };
    }
  }

  #count(): { readonly least: number; readonly most: number } | undefined {
    if (this.#takes('*')) return { least: 0, most: Infinity };
    if (this.#takes('+')) return { least: 1, most: Infinity };
    if (this.#takes('?')) return { least: 0, most: 1 };
    const text = /^\{(\d+)(?:(,)(\d*))?\}/.exec(this.#characters.slice(this.#at, this.#at + 16).join(''));
    if (text === null) return undefined;
    this.#at += text[0].length;
    const least = Number(text[1]);
    if (text[2] === undefined) return { least, most: least };
    return { least, most: text[3] === '' || text[3] === undefined ? Infinity : Number(text[3]) };
  }

  #atom(): Expression {
    const character = this.#next();
    switch (character) {
      case '^':
        return { kind: 'start' };
      case '$':
        return { kind: 'end' };
      case '.':
        return { kind: 'set', ranges: complement(lineEnds) };
      case '[':
        return { kind: 'set', ranges: this.#set() };
      case '(':
        return this.#group();
      case '\\':
        return { kind: 'set', ranges: this.#escape() };
      case '*':
      case '+':
      case '?':
        throw new Unsupported('nothing to repeat');
      default:
        return { kind: 'set', ranges: only(character) };
    }
  }

  #group(): Expression {
    if (this.#takes('?') && !this.#takes(':')) {
      if (!this.#takes('<') || this.#sees('=') || this.#sees('!')) throw new Unsupported('lookaround');
      while (!this.#takes('>')) this.#next();
    }
    const inner = this.choice();
    if (!this.#takes(')')) throw new Unsupported('a group without an end');
    return inner;
  }

  #set(): Ranges {
    const isNegated = this.#takes('^');
    const ranges: (readonly [number, number])[] = [];
    while (!this.#takes(']')) {
      const low = this.#member();
      const [first] = low;
      if (this.#sees('-') && this.#characters[this.#at + 1] !== ']' && first !== undefined && isSingle(low)) {
        this.#at++;
        const [last] = this.#member();
        if (last === undefined) throw new Unsupported('an empty range');
        ranges.push([first[0], last[1]]);
      } else ranges.push(...low);
    }
    return isNegated ? complement(ranges) : ranges;
  }

  #member(): Ranges {
    const character = this.#next();
    return character === '\\' ? this.#escape() : only(character);
  }

  #escape(): Ranges {
    const character = this.#next();
    if (character === 'd') return digit;
    if (character === 'D') return complement(digit);
    if (character === 'w') return word;
    if (character === 'W') return complement(word);
    if (character === 's') return space;
    if (character === 'S') return complement(space);
    if (character === 'x') return this.#code(2);
    if (character === 'u') return this.#sees('{') ? this.#bracedCode() : this.#code(4);
    const control = controls[character];
    if (control !== undefined) return [[control, control]];
    if (/[A-Za-z1-9]/.test(character)) throw new Unsupported(`\\${character}`);
    return only(character);
  }

  #code(length: number): Ranges {
    const text = this.#characters.slice(this.#at, this.#at + length).join('');
    if (!new RegExp(`^[0-9A-Fa-f]{${length}}$`).test(text)) throw new Unsupported('an escape');
    this.#at += length;
    const code = Number.parseInt(text, 16);
    return [[code, code]];
  }

  #bracedCode(): Ranges {
    const end = this.#characters.indexOf('}', this.#at);
    const code = Number.parseInt(this.#characters.slice(this.#at + 1, end).join(''), 16);
    if (end < 0 || !(code <= lastCodePoint)) throw new Unsupported('an escape');
    this.#at = end + 1;
    return [[code, code]];
  }

  #next(): string {
    const character = this.#characters[this.#at++];
    if (character === undefined) throw new Unsupported('an end in the middle');
    return character;
  }

  #sees(character: string): boolean {
    return this.#characters[this.#at] === character;
  }

  #takes(character: string): boolean {
    if (!this.#sees(character)) return false;
    this.#at++;
    return true;
  }
}

function only(character: string): Ranges {
  const code = character.codePointAt(0) ?? 0;
  return [[code, code]];
}

function isSingle(ranges: Ranges): boolean {
  return ranges.length === 1 && ranges[0]?.[0] === ranges[0]?.[1];
}

function complement(ranges: Ranges): Ranges {
  const gaps: [number, number][] = [];
  let from = 0;
  for (const [low, high] of ranges.toSorted((one, other) => one[0] - other[0])) {
    if (low > from) gaps.push([from, low - 1]);
    from = Math.max(from, high + 1);
  }
  if (from <= lastCodePoint) gaps.push([from, lastCodePoint]);
  return gaps;
}
