import { allows, type Alternative, alternatives, GiveUp, maxCombinations } from './alternatives.ts';
import { arraysLieWithin, isEmptyArray } from './arrays.ts';
import { finiteValues } from './finite.ts';
import { propertyNodes, requiredOf } from './members.ts';
import { child, children, isObject, type Keywords, keywords, type Node, plainNode, target, textsOf } from './node.ts';
import { isEmptyObject, objectsLieWithin } from './objects.ts';
import type { Proof } from './proof.ts';
import { splitByBounds } from './splits.ts';
import { isEmptyText, numbersLieWithin, stringsAreAmong, stringsLieWithin } from './plain.ts';
import { intervalOf, isEmptyInterval } from './scalars.ts';
import { isSameSchema } from './same.ts';
import type { Validator } from './validator.ts';

/** Cases into which a proof splits at most: beyond it, nothing is proven. */
const maxSplits = 20;
/** Steps of one proof at most, and cases that are made in it: beyond it, nothing is proven. */
const maxSteps = 20_000;
const maxCases = 300_000;

/**
 * Proves that every value of one schema is a value of another. Sound, not complete: `false` means that no proof was found.
 * What a writer may write is taken apart into simple cases; what a reader wants is checked keyword by keyword.
 */
export class Prover implements Proof {
  readonly validator: Validator;
  /** Pairs that are being proven: a recursive schema comes back to one, one level deeper in the data. */
  readonly #assumed = new Set<string>();
  readonly #names = new Map<unknown, number>();
  readonly #plain = new Map<string, Node>();
  #steps = 0;
  #cases = 0;

  constructor(validator: Validator) {
    this.validator = validator;
  }

  /** Whether everything that satisfies all of `writers` satisfies `reader`. */
  proves(writers: readonly Node[], reader: Node): boolean {
    if (reader.schema === true || (isObject(reader.schema) && Object.keys(reader.schema).length === 0)) return true;
    const key = `${writers.map((writer) => this.#name(writer)).join()}>${this.#name(reader)}`;
    if (this.#assumed.has(key)) return true;
    this.#assumed.add(key);
    try {
      return this.#alternatives(writers).every((one) => this.lies(one, reader));
    } catch (thrown) {
      if (thrown instanceof GiveUp) return false;
      throw thrown;
    } finally {
      this.#assumed.delete(key);
    }
  }

  /** Whether no value satisfies all of these. `false` where none was found to be impossible. */
  areEmpty(nodes: readonly Node[]): boolean {
    const key = `${nodes.map((node) => this.#name(node)).join()}>empty`;
    if (this.#assumed.has(key)) return false;
    this.#assumed.add(key);
    try {
      return this.#alternatives(nodes).every((one) => this.#isEmpty(one));
    } catch (thrown) {
      if (thrown instanceof GiveUp) return false;
      throw thrown;
    } finally {
      this.#assumed.delete(key);
    }
  }

  /** Whether every value of one case satisfies the reader. */
  lies(one: Alternative, reader: Node, depth = 0): boolean {
    if (reader.schema === true) return true;
    if (++this.#steps > maxSteps) return false;
    const values = finiteValues(one, this.validator);
    if (values !== undefined) return values.every((value) => this.validator.isValid(reader, value));
    if (this.#isEmpty(one)) return true;
    if (!isObject(reader.schema)) return false;
    if (one.parts.some((part) => isSameSchema(part, reader))) return true;
    if (this.#liesWhole(one, reader)) return true;
    // A choice by the value of a property, as discriminated unions make: one proof for each value.
    return (
      depth < 2 &&
      // By bounds of the reader only once: they are many.
      [...this.#split(one), ...(depth === 0 ? splitByBounds(one, reader, this) : [])].some((cases) =>
        cases.every((single) => this.lies(single, reader, depth + 1)),
      )
    );
  }

  #liesWhole(one: Alternative, reader: Node): boolean {
    const wanted = keywords(reader);
    if (typeof wanted['$ref'] === 'string') {
      const referred = target(reader);
      if (referred === undefined || !this.#liesInReference(one, referred)) return false;
      if (reader.document.ignoresSiblings) return true;
    }
    if (wanted['$dynamicRef'] !== undefined || wanted['const'] !== undefined) return false;
    if (wanted['enum'] !== undefined && !(one.type === 'string' && stringsAreAmong(one, textsOf(wanted['enum']))))
      return false;
    if (!allows(reader, one.type)) return false;
    return (
      children(reader, 'allOf').every((part) => this.lies(one, part)) &&
      this.#liesInAny(one, children(reader, 'anyOf')) &&
      this.#liesInOne(one, children(reader, 'oneOf')) &&
      this.#liesOutside(one, child(reader, 'not')) &&
      this.#liesUnderCondition(one, reader) &&
      this.#liesByType(one, reader)
    );
  }

  /** A reference may come back to a pair under proof one level deeper; on the same level it proves nothing by itself. */
  #liesInReference(one: Alternative, referred: Node): boolean {
    const key = `${one.type}:${one.parts.map((part) => this.#name(part)).join()}~${this.#name(referred)}`;
    if (this.#assumed.has(key)) return false;
    this.#assumed.add(key);
    try {
      return this.lies(one, referred);
    } finally {
      this.#assumed.delete(key);
    }
  }

  #liesInAny(one: Alternative, branches: readonly Node[]): boolean {
    return branches.length === 0 || branches.some((branch) => this.lies(one, branch));
  }

  #liesInOne(one: Alternative, branches: readonly Node[]): boolean {
    if (branches.length === 0) return true;
    return branches.some(
      (branch) =>
        this.lies(one, branch) && branches.every((other) => other === branch || this.#liesOutside(one, other)),
    );
  }

  #liesOutside(one: Alternative, forbidden: Node | undefined): boolean {
    if (forbidden === undefined) return true;
    if (one.nots.some((not) => isSameSchema(not, forbidden))) return true;
    return this.#together(one, forbidden).every((both) => this.#isEmpty(both));
  }

  #liesUnderCondition(one: Alternative, reader: Node): boolean {
    const condition = child(reader, 'if');
    if (condition === undefined) return true;
    const [met, unmet] = [child(reader, 'then'), child(reader, 'else')];
    const otherwise: Alternative = { ...one, nots: [...one.nots, condition] };
    return (
      (met === undefined || this.#together(one, condition).every((both) => this.lies(both, met))) &&
      (unmet === undefined || this.lies(one, condition) || this.lies(otherwise, unmet))
    );
  }

  #liesByType(one: Alternative, reader: Node): boolean {
    switch (one.type) {
      case 'null':
      case 'boolean':
        return true;
      case 'number':
        return numbersLieWithin(one, reader);
      case 'string':
        return stringsLieWithin(one, reader);
      case 'array':
        return arraysLieWithin(one, reader, this);
      case 'object':
        return objectsLieWithin(one, reader, this);
    }
  }

  #isEmpty(one: Alternative): boolean {
    const values = finiteValues(one, this.validator);
    if (values !== undefined) return values.length === 0;
    if (one.type === 'number' && isEmptyInterval(intervalOf(one))) return true;
    if (one.type === 'string' && isEmptyText(one)) return true;
    if (one.type === 'array' && isEmptyArray(one, this)) return true;
    if (one.type === 'object' && isEmptyObject(one, this)) return true;
    const bare: Alternative = { ...one, nots: [] };
    return one.nots.some((not) => this.lies(bare, not));
  }

  #together(one: Alternative, other: Node): readonly Alternative[] {
    return this.#alternatives([other])
      .filter(({ type }) => type === one.type)
      .map(({ type, parts, nots }) => ({ type, parts: [...one.parts, ...parts], nots: [...one.nots, ...nots] }));
  }

  /** The ways to take a case of objects apart by the value of a required property. */
  #split(one: Alternative): readonly (readonly Alternative[])[] {
    if (one.type !== 'object') return [];
    return [...requiredOf(one)].flatMap((name) => {
      const nodes = one.parts.flatMap((part) => propertyNodes(part, name));
      const values = this.#valuesOf(nodes);
      const isFew = values !== undefined && values.length <= maxSplits;
      const cases = isFew ? values.map((value) => ({ const: value })) : this.#typesOf(nodes).map((type) => ({ type }));
      if (cases.length < 2) return [];
      return [
        cases.map((wanted) => ({ ...one, parts: [...one.parts, this.plain({ properties: { [name]: wanted } })] })),
      ];
    });
  }

  plain(schema: Keywords): Node {
    const key = JSON.stringify(schema);
    const known = this.#plain.get(key) ?? plainNode(schema);
    this.#plain.set(key, known);
    return known;
  }

  #valuesOf(nodes: readonly Node[]): readonly unknown[] | undefined {
    const found: unknown[] = [];
    for (const one of this.#alternatives(nodes)) {
      const values = finiteValues(one, this.validator);
      if (values === undefined) return undefined;
      found.push(...values);
    }
    return found;
  }

  #name({ schema, document, pointer }: Node): string {
    const key = typeof schema === 'object' && schema !== null ? schema : document;
    let number = this.#names.get(key);
    if (number === undefined) this.#names.set(key, (number = this.#names.size));
    return typeof schema === 'object' ? String(number) : `${number}${pointer}`;
  }

  /** The types that values of all of these may have; none where that cannot be told. */
  #typesOf(nodes: readonly Node[]): readonly string[] {
    try {
      return [...new Set(this.#alternatives(nodes).map(({ type }) => type))];
    } catch (thrown) {
      if (thrown instanceof GiveUp) return [];
      throw thrown;
    }
  }

  /** As {@link alternatives}; to give up costs as much as the most that it makes. */
  #alternatives(nodes: readonly Node[]): readonly Alternative[] {
    if (this.#cases > maxCases) throw new GiveUp('too many cases');
    this.#cases += maxCombinations;
    const found = alternatives(nodes);
    this.#cases += found.length - maxCombinations;
    return found;
  }
}
