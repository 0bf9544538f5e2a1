import type { Alternative } from './alternatives.ts';
import { keywords, type Node, numberOf } from './node.ts';
import { patternLiesWithin, patternOfLengths } from './patterns.ts';
import { impliesFormat, intervalOf, isMultiple, lengthsOf, liesWithin, steps } from './scalars.ts';
import { isKnownFormat } from './validator.ts';

/** Numbers of a case satisfy the reader's own bounds and steps. */
export function numbersLieWithin(one: Alternative, reader: Node): boolean {
  const given = steps(one.parts);
  const wanted = steps([reader]);
  // An interval is compared before it is rounded to whole numbers on the reader's side: the writer's are, if they are whole.
  const outer = intervalOf({ parts: [withoutSteps(reader)] });
  return wanted.every((step) => given.some((own) => isMultiple(own, step))) && liesWithin(intervalOf(one), outer);
}

export function isEmptyText(one: Alternative): boolean {
  const [least, most] = lengthsOf(one);
  return least > most;
}

/** Texts of a case satisfy the reader's own lengths, pattern and format. */
export function stringsLieWithin(one: Alternative, reader: Node): boolean {
  const { minLength, maxLength, pattern, format } = keywords(reader);
  const [least, most] = lengthsOf(one);
  const given = one.parts.map(keywords);
  const patterns = given.flatMap((part) => (typeof part['pattern'] === 'string' ? [part['pattern']] : []));
  const [low, high] = [numberOf(minLength) ?? 0, numberOf(maxLength) ?? Infinity];
  if (least < low || most > high) {
    const wanted = patternOfLengths(least < low ? low : 0, most > high ? high : Infinity);
    if (wanted === undefined || !patterns.some((own) => patternLiesWithin(own, wanted))) return false;
  }
  if (typeof format === 'string' && isKnownFormat(format)) {
    const isImplied = given.some((part) => typeof part['format'] === 'string' && impliesFormat(part['format'], format));
    if (!isImplied) return false;
  }
  if (typeof pattern !== 'string') return true;
  const lengths = least === 0 && most === Infinity ? undefined : patternOfLengths(least, most);
  return [...patterns, ...(lengths === undefined ? [] : [lengths])].some((own) => patternLiesWithin(own, pattern));
}

/** Texts of a case are all among these. */
export function stringsAreAmong(one: Alternative, texts: readonly string[]): boolean {
  const wanted = `^(?:${texts.map((text) => text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`)).join('|')})$`;
  return one.parts.some((part) => {
    const { pattern } = keywords(part);
    return typeof pattern === 'string' && patternLiesWithin(pattern, wanted);
  });
}

function withoutSteps(node: Node): Node {
  const { multipleOf: _step, type: _type, ...schema } = keywords(node);
  return { ...node, schema };
}
