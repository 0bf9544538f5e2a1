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
import { textsOfPattern } from './patterns.ts';
import type { Validator } from './validator.ts';

/** Values for one place in the data. */
const maxValues = 48;
const maxDepth = 5;

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

  constructor(validator: Validator) {
    this.#validator = validator;
  }

  /** Values that satisfy all of `writers`; `readers` say what to try. */
  values(writers: readonly Node[], readers: readonly Node[], depth = 0): readonly unknown[] {
    const found = new Map<string, unknown>();
    const hints = [...writers, ...readers].flatMap((node) => spread(node, 0));
    for (const one of casesOf(writers)) {
      // So many of each case, or the last ones would have no part.
      const most = found.size + maxValues * 2;
      for (const value of this.#candidates(one, hints, depth))
        if (found.size < most && this.#validator.areValid(writers, value)) found.set(JSON.stringify(value), value);
    }
    const all = [...found.values()];
    const isTaken = (value: unknown): boolean => this.#validator.areValid(readers, value);
    return [...all.filter((value) => !isTaken(value)), ...all.filter(isTaken)].slice(0, maxValues);
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
    const bounds = ['minItems', 'maxItems'].flatMap((keyword) =>
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
    return made.filter((array) => array.every((value) => value !== undefined));
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
function spread(node: Node, depth: number): readonly Node[] {
  if (depth > 8 || !isObject(node.schema)) return [];
  const inner = [
    target(node),
    child(node, 'not'),
    child(node, 'if'),
    child(node, 'then'),
    child(node, 'else'),
    child(node, 'contains'),
    ...['allOf', 'anyOf', 'oneOf'].flatMap((keyword) => children(node, keyword)),
  ];
  return [node, ...inner.flatMap((part) => (part === undefined ? [] : spread(part, depth + 1)))];
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
  const sized = lengths.filter((length) => length >= 0 && length <= 10_000).map((length) => 'a'.repeat(length));
  return [...new Set([...matched, ...sized, ...texts])];
}

function withProperty(object: Record<string, unknown>, name: string, value: unknown): Record<string, unknown> {
  const copy = { ...object };
  define(copy, name, value);
  return copy;
}

/** A property may be called `__proto__`. */
function define(object: Record<string, unknown>, name: string, value: unknown): void {
  Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
}
