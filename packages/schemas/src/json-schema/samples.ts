import { type Alternative, alternatives, GiveUp } from './alternatives.ts';
import {
  bound,
  itemNodes,
  listedNames,
  namesOf,
  patternsOf,
  prefixLength,
  propertyNodes,
  requiredOf,
} from './members.ts';
import { child, children, isObject, keywords, listOf, type Node, target } from './node.ts';
import { patternOfLengths, textsOfPattern } from './patterns.ts';
import type { Validator } from './validator.ts';

/** Values for one place in the data. */
const maxValues = 48;
const maxDepth = 5;
/** Parts of values that are looked at in one search: beyond it, only what was found by then is tried. */
const maxWork = 1_000_000;
/** Parts of one value: where each of many properties leads back to the root, it would have millions. */
const maxWeight = 20_000;
/** What stands for any value of its type where there is no room to look for others. */
const simplest: readonly unknown[] = [null, true, 1, 'a', [], {}];

/** Texts that formats, and mistakes, are made of. */
const texts = [
  'a',
  '',
  'ab',
  'A',
  '1',
  '1.5',
  'true',
  'null',
  ' ',
  'é',
  '😀',
  'a@example.com',
  'example.com',
  'https://example.com/a',
  '/a',
  '2026-01-02',
  '2026-01-02T03:04:05Z',
  '2026-01-02T03:04:05.678Z',
  '2026-01-02T03:04:05+02:00',
  '03:04:05Z',
  '03:04:05',
  'P1D',
  '127.0.0.1',
  '::1',
  '8f14e45f-ceea-467f-a9c4-8a3e1d2b3c4d',
  '01ARZ3NDEKTSV4RRFFQ69G5FAV',
  'YQ==',
  '+15550100',
  '^a$',
  '#/a',
];

/**
 * Values that a writer may write, drawn from what either side says, those that a reader may stumble over first.
 * Systematic, not random: the same schemas give the same values.
 */
export class Samples {
  readonly #validator: Validator;
  /** A recursive schema asks for the same values again in each of its branches. */
  readonly #known = new Map<string, readonly unknown[]>();
  readonly #documents = new Map<Node['document'], number>();
  readonly #weights = new WeakMap<object, number>();
  #work = 0;

  constructor(validator: Validator) {
    this.#validator = validator;
  }

  /** Values that satisfy all of `writers`; `readers` say what to try. */
  values(writers: readonly Node[], readers: readonly Node[], depth = 0): readonly unknown[] {
    const names = [writers, readers].map((nodes) => [...new Set(nodes.map((node) => this.#name(node)))]);
    const key = JSON.stringify([depth, ...names]);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const values = this.#search(writers, readers, depth);
    this.#known.set(key, values);
    return values;
  }

  #search(writers: readonly Node[], readers: readonly Node[], depth: number): readonly unknown[] {
    if (this.#isSpent(depth)) return simplest.filter((value) => this.#validator.areValid(writers, value));
    const found = new Map<string, unknown>();
    const seen = new Set<unknown>();
    const hints = [...writers, ...readers].flatMap((node) => spread(node, seen));
    for (const one of casesOf(writers)) {
      // So many of each case, or the last ones would have no part.
      const most = found.size + maxValues * 2;
      for (const value of this.#isSpent(depth) ? simplest : this.#candidates(one, hints, depth)) {
        if (found.size >= most) break;
        const weight = this.#weigh(value);
        if (weight > maxWeight) continue;
        this.#work += weight;
        if (this.#validator.areValid(writers, value)) found.set(JSON.stringify(value), value);
      }
    }
    const all = [...found.values()];
    const isTaken = (value: unknown): boolean => this.#validator.areValid(readers, value);
    return [...all.filter((value) => !isTaken(value)), ...all.filter(isTaken)].slice(0, maxValues);
  }

  /** Each level leaves a share of the work to those above it. */
  #isSpent(depth: number): boolean {
    return this.#work > maxWork * (1 - depth / (maxDepth + 2));
  }

  #weigh(value: unknown): number {
    if (typeof value === 'string') return 1 + value.length / 64;
    if (typeof value !== 'object' || value === null) return 1;
    let weight = this.#weights.get(value);
    if (weight === undefined) {
      weight = 1;
      for (const part of Object.values(value)) weight += this.#weigh(part);
      this.#weights.set(value, weight);
    }
    return weight;
  }

  #name({ document, pointer }: Node): string {
    let number = this.#documents.get(document);
    if (number === undefined) this.#documents.set(document, (number = this.#documents.size));
    return `${number}${pointer}`;
  }

  #candidates(one: Alternative, hints: readonly Node[], depth: number): readonly unknown[] {
    const given = [...one.parts, ...hints].flatMap((node) => {
      const { const: constant, enum: listed, default: fallback, examples } = keywords(node);
      return [constant, fallback, ...listOf(listed), ...listOf(examples)];
    });
    const stated = given.filter((value) => value !== undefined);
    return [...this.#made(one, hints, depth), ...stated];
  }

  #made(one: Alternative, hints: readonly Node[], depth: number): readonly unknown[] {
    switch (one.type) {
      case 'null':
        return [null];
      case 'boolean':
        return [true, false];
      case 'number':
        return numbers([...one.parts, ...hints]);
      case 'string':
        return strings([...one.parts, ...hints]);
      case 'array':
        return depth > maxDepth ? [[]] : this.#arrays(one, hints, depth);
      case 'object':
        return depth > maxDepth ? [{}] : this.#objects(one, hints, depth);
    }
  }

  #arrays({ parts }: Alternative, hints: readonly Node[], depth: number): readonly unknown[] {
    const contained = [...parts, ...hints].flatMap((part) => child(part, 'contains') ?? []);
    const at = (index: number): readonly unknown[] =>
      this.values(
        parts.flatMap((part) => itemNodes(part, index)),
        [...hints.flatMap((hint) => itemNodes(hint, index)), ...contained],
        depth + 1,
      );
    const prefix = Math.max(0, ...[...parts, ...hints].map(prefixLength));
    const elements = Array.from({ length: prefix + 1 }, (_, index) => at(index));
    const bounds = ['minItems', 'maxItems', 'minContains', 'maxContains'].flatMap((keyword) =>
      [...parts, ...hints].flatMap((part) => bound([part], keyword, Math.max) ?? []),
    );
    const lengths = [...new Set([0, 1, 2, prefix, ...bounds.flatMap((length) => [length - 1, length, length + 1])])];
    const element = (index: number, choice = 0): unknown => elements[Math.min(index, prefix)]?.[choice];
    const least = Math.max(bound(parts, 'minItems', Math.max) ?? 0, 1);
    const made = lengths
      .filter((length) => length >= 0 && length <= 64)
      .flatMap((length) => [
        Array.from({ length }, (_, index) => element(index)),
        Array.from({ length }, (_, index) => element(index, index % Math.max(1, elements[prefix]?.length ?? 1))),
      ]);
    // Each value in each place once, in an array as short as it may be.
    for (let index = 0; index <= prefix; index++)
      for (const value of elements[index] ?? []) {
        const length = Math.max(least, index + 1);
        made.push(Array.from({ length }, (_, other) => (other === index ? value : element(other))));
      }
    // As many as are contained, before others; and one of each type.
    const last = elements[prefix] ?? [];
    for (const wanted of contained) {
      const inside = this.values([...parts.flatMap((part) => itemNodes(part, prefix)), wanted], [], depth + 1)[0];
      const outside = last.find((value) => !this.#validator.isValid(wanted, value));
      for (const times of lengths.filter((length) => length <= 64)) {
        const some = Array.from({ length: Math.max(0, times) }, () => inside);
        made.push(some, [...some, outside], [outside, ...some]);
      }
    }
    const byType = [...new Map(last.map((value) => [value === null ? 'null' : typeof value, value])).values()];
    made.push(byType, byType.slice(0, 2));
    return made.filter((array) => array.every((value) => value !== undefined));
  }

  /** A value under a name that nobody knows. */
  #othersOf(parts: readonly Node[], hints: readonly Node[], depth: number): unknown {
    const [of, about] = [parts, hints].map((nodes) => nodes.flatMap((node) => propertyNodes(node, 'other0')));
    return this.values(of ?? [], about ?? [], depth + 1)[0];
  }

  #objects(one: Alternative, hints: readonly Node[], depth: number): readonly unknown[] {
    const { parts } = one;
    const required = requiredOf(one);
    const all = [...parts, ...hints];
    const patterned = all.flatMap(patternsOf).flatMap((pattern) => textsOfPattern(pattern, []));
    const named = all.flatMap((part) => {
      const names = child(part, 'propertyNames');
      return names === undefined
        ? []
        : strings([names])
            .filter((name) => this.#validator.isValid(names, name))
            .slice(0, 3);
    });
    const names = [
      ...new Set([...required, ...all.flatMap(namesOf), ...(listedNames(all) ?? []), ...patterned, ...named, 'other']),
    ];
    const choices = new Map(
      names.map((name) => [
        name,
        this.values(
          parts.flatMap((part) => propertyNodes(part, name)),
          hints.flatMap((hint) => propertyNodes(hint, name)),
          depth + 1,
        ),
      ]),
    );
    const bare: Record<string, unknown> = {};
    for (const name of required) define(bare, name, choices.get(name)?.[0]);
    const possible = names.filter((name) => (choices.get(name)?.length ?? 0) > 0);
    const full: Record<string, unknown> = {};
    for (const name of possible) define(full, name, choices.get(name)?.[0]);
    const made: Record<string, unknown>[] = [bare, full];
    for (const name of possible) {
      for (const value of choices.get(name) ?? []) made.push(withProperty(bare, name, value));
      for (const other of possible)
        if (other !== name)
          made.push(withProperty(withProperty(bare, name, choices.get(name)?.[0]), other, choices.get(other)?.[0]));
      if (!required.has(name)) made.push(Object.fromEntries(Object.entries(full).filter(([own]) => own !== name)));
    }
    const counts = ['minProperties', 'maxProperties'].flatMap((keyword) =>
      all.flatMap((part) => bound([part], keyword, Math.max) ?? []),
    );
    const more = counts.length === 0 ? [] : Array.from({ length: 32 }, (_, index) => `other${index}`);
    const others = this.#othersOf(parts, hints, depth);
    for (const count of counts.flatMap((each) => [each - 1, each, each + 1])) {
      const chosen = [...new Set([...required, ...possible, ...more])].slice(0, Math.max(0, count));
      const sized: Record<string, unknown> = {};
      for (const name of chosen) define(sized, name, choices.has(name) ? choices.get(name)?.[0] : others);
      made.push(sized);
    }
    return made;
  }
}

function casesOf(nodes: readonly Node[]): readonly Alternative[] {
  try {
    return alternatives(nodes);
  } catch (thrown) {
    if (thrown instanceof GiveUp) return [];
    throw thrown;
  }
}

/** A schema and all that it combines, whatever the logic: each is a source of ideas. */
function spread(node: Node, seen: Set<unknown>): readonly Node[] {
  if (!isObject(node.schema) || seen.has(node.schema)) return [];
  seen.add(node.schema);
  const inner = [
    target(node),
    child(node, 'not'),
    child(node, 'if'),
    child(node, 'then'),
    child(node, 'else'),
    child(node, 'contains'),
    ...['allOf', 'anyOf', 'oneOf'].flatMap((keyword) => children(node, keyword)),
  ];
  return [node, ...inner.flatMap((part) => (part === undefined ? [] : spread(part, seen)))];
}

function numbers(nodes: readonly Node[]): readonly number[] {
  const bounds = ['minimum', 'exclusiveMinimum', 'maximum', 'exclusiveMaximum', 'multipleOf'].flatMap((keyword) =>
    nodes.flatMap((node) => bound([node], keyword, Math.max) ?? []),
  );
  const near = bounds.flatMap((value) => [
    value,
    value - 1,
    value + 1,
    value - 0.5,
    value + 0.5,
    value * 2,
    value * 1.5,
    (value + (bounds[0] ?? 0)) / 2,
  ]);
  return [...new Set([0, 1, 0.5, -1, 2, 3, 7, 1e21, ...near])];
}

function strings(nodes: readonly Node[]): readonly string[] {
  const all = nodes.map(keywords);
  const patterns = [...new Set(all.flatMap(({ pattern }) => (typeof pattern === 'string' ? pattern : [])))];
  const matched = patterns.flatMap((pattern) =>
    textsOfPattern(
      pattern,
      patterns.filter((other) => other !== pattern),
    ),
  );
  const lengths = ['minLength', 'maxLength'].flatMap((keyword) =>
    nodes
      .flatMap((node) => bound([node], keyword, Math.max) ?? [])
      .flatMap((length) => [length - 1, length, length + 1]),
  );
  const counted = ['minLength', 'maxLength'].map((keyword) => bound(nodes, keyword, Math.max));
  const ofLength = patternOfLengths(counted[0] ?? 0, counted[1] ?? Infinity);
  const unmatched = ofLength === undefined || patterns.length === 0 ? [] : textsOfPattern(ofLength, patterns);
  const sized = lengths.filter((length) => length >= 0 && length <= 10_000).map((length) => 'a'.repeat(length));
  return [...new Set([...matched, ...unmatched, ...sized, ...texts])];
}

function withProperty(object: Record<string, unknown>, name: string, value: unknown): Record<string, unknown> {
  const copy = { ...object };
  define(copy, name, value);
  return copy;
}

/** A property may be called `__proto__`. Where no value was found there is none. */
function define(object: Record<string, unknown>, name: string, value: unknown): void {
  if (value === undefined) return;
  Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
}
