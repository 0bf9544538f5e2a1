import type { Alternative } from './alternatives.ts';
import { keywords, type Node, numberOf } from './node.ts';
import { patternLiesWithin } from './patterns.ts';
import { impliesFormat, intervalOf, isMultiple, lengthsOf, liesWithin, steps } from './scalars.ts';

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
  if (least < (numberOf(minLength) ?? 0) || most > (numberOf(maxLength) ?? Infinity)) return false;
  if (typeof format === 'string') {
    const isImplied = given.some((part) => typeof part['format'] === 'string' && impliesFormat(part['format'], format));
    if (!isImplied) return false;
  }
  if (typeof pattern !== 'string') return true;
  return given.some((part) => typeof part['pattern'] === 'string' && patternLiesWithin(part['pattern'], pattern));
}

function withoutSteps(node: Node): Node {
  const { multipleOf: _step, type: _type, ...schema } = keywords(node);
  return { ...node, schema };
}
