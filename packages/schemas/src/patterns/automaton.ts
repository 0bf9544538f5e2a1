import { type Expression, lastCodePoint, parsePattern, type Ranges, Unsupported } from './parse.ts';

interface State {
  readonly edges: { readonly ranges: Ranges; readonly to: number }[];
  /** Free edges, and those that hold only at the start or at the end of a text. */
  readonly free: { readonly when: 'always' | 'start' | 'end'; readonly to: number }[];
}

/** Copies that counted repetitions make, and sets of states that are looked at: beyond it, patterns are not compared. */
const maxStates = 4_000;

/** The automaton of a pattern (Thompson's construction); it searches, as `pattern` does, unless it is anchored. */
export class Automaton {
  readonly #states: State[] = [];
  readonly #accept: number;
  readonly #start: number;

  /** Throws {@link Unsupported}. */
  constructor(pattern: string) {
    const everything: Ranges = [[0, lastCodePoint]];
    this.#start = this.#state();
    this.#edge(this.#start, everything, this.#start);
    this.#accept = this.#build(parsePattern(pattern), this.#start);
    this.#edge(this.#accept, everything, this.#accept);
  }

  /** States before the first character. */
  get begin(): ReadonlySet<number> {
    return this.#closure([this.#start], (when) => when !== 'end');
  }

  step(states: ReadonlySet<number>, character: number): ReadonlySet<number> {
    const next: number[] = [];
    for (const state of states)
      for (const { ranges, to } of this.#states[state]?.edges ?? [])
        if (ranges.some(([low, high]) => low <= character && character <= high)) next.push(to);
    return this.#closure(next, (when) => when === 'always');
  }

  /** Whether a text that ends here matches. */
  accepts(states: ReadonlySet<number>, isStart: boolean): boolean {
    return this.#closure([...states], (when) => when !== 'start' || isStart).has(this.#accept);
  }

  /** Where the answer of {@link Automaton.step} can change. */
  boundaries(): number[] {
    return this.#states.flatMap(({ edges }) =>
      edges.flatMap(({ ranges }) => ranges.flatMap(([low, high]) => [low, high + 1])),
    );
  }

  #build(expression: Expression, from: number): number {
    switch (expression.kind) {
      case 'set': {
        const to = this.#state();
        this.#edge(from, expression.ranges, to);
        return to;
      }
      case 'start':
      case 'end': {
        const to = this.#state();
        this.#free(from, to, expression.kind);
        return to;
      }
      case 'sequence':
        return expression.parts.reduce((at, part) => this.#build(part, at), from);
      case 'choice': {
        const to = this.#state();
        for (const part of expression.parts) {
          const start = this.#state();
          this.#free(from, start);
          this.#free(this.#build(part, start), to);
        }
        return to;
      }
      case 'repeat':
        return this.#repeat(expression, from);
    }
  }

  #repeat({ part, least, most }: Expression & { kind: 'repeat' }, from: number): number {
    let at = from;
    for (let count = 0; count < least; count++) at = this.#build(part, at);
    if (most === Infinity) {
      const loop = this.#state();
      this.#free(at, loop);
      this.#free(this.#build(part, loop), loop);
      return loop;
    }
    const to = this.#state();
    for (let count = least; count < most; count++) {
      this.#free(at, to);
      at = this.#build(part, at);
    }
    this.#free(at, to);
    return to;
  }

  #closure(states: readonly number[], holds: (when: 'always' | 'start' | 'end') => boolean): ReadonlySet<number> {
    const found = new Set(states);
    for (const state of found)
      for (const { when, to } of this.#states[state]?.free ?? []) if (when === 'always' || holds(when)) found.add(to);
    return found;
  }

  #state(): number {
    if (this.#states.length > maxStates) throw new Unsupported('a pattern this large');
    return this.#states.push({ edges: [], free: [] }) - 1;
  }

  #edge(from: number, ranges: Ranges, to: number): void {
    this.#states[from]?.edges.push({ ranges, to });
  }

  #free(from: number, to: number, when: 'always' | 'start' | 'end' = 'always'): void {
    this.#states[from]?.free.push({ when, to });
  }
}

/**
 * A shortest text that one pattern matches and the other does not; `undefined` if there is none.
 * Without the other: a shortest text that the one matches. Throws {@link Unsupported}.
 */
export function difference(one: Automaton, other?: Automaton): string | undefined {
  const characters = representatives([...one.boundaries(), ...(other?.boundaries() ?? [])]);
  const nothing: ReadonlySet<number> = new Set();
  const seen = new Set<string>();
  const queue = [{ ours: one.begin, theirs: other?.begin ?? nothing, text: '' }];
  for (const { ours, theirs, text } of queue) {
    if (one.accepts(ours, text === '') && other?.accepts(theirs, text === '') !== true) return text;
    for (const character of characters) {
      const next = { ours: one.step(ours, character), theirs: other?.step(theirs, character) ?? nothing };
      const key = `${[...next.ours].toSorted((a, b) => a - b).join()}|${[...next.theirs].toSorted((a, b) => a - b).join()}`;
      if (next.ours.size === 0 || seen.has(key)) continue;
      if (seen.size > maxStates) throw new Unsupported('patterns this different');
      seen.add(key);
      queue.push({ ...next, text: text + String.fromCodePoint(character) });
    }
  }
  return undefined;
}

/** One character of each class that no edge tells apart; readable ones where there are some, and no half of a pair. */
function representatives(boundaries: readonly number[]): readonly number[] {
  const starts = [...new Set([0, ...boundaries])]
    .filter((at) => at <= lastCodePoint)
    .toSorted((one, other) => one - other);
  return starts.flatMap((low, index) => {
    const high = (starts[index + 1] ?? lastCodePoint + 1) - 1;
    const readable = [97, 65, 48, 32].find((code) => low <= code && code <= high);
    if (readable !== undefined) return [readable];
    if (low < 0xd8_00 || low > 0xdf_ff) return [low];
    return high >= 0xe0_00 ? [0xe0_00] : [];
  });
}
