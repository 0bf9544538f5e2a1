import type { Alternative } from './alternatives.ts';
import { bound } from './members.ts';
import { keywords, type Node, numberOf } from './node.ts';

/** An interval of numbers; bounds are ±Infinity where there are none. */
export interface Interval {
  readonly low: number;
  readonly lowIsOpen: boolean;
  readonly high: number;
  readonly highIsOpen: boolean;
  readonly isWhole: boolean;
}

export function intervalOf({ parts }: Pick<Alternative, 'parts'>): Interval {
  let [low, lowIsOpen, high, highIsOpen] = [-Infinity, false, Infinity, false];
  for (const part of parts) {
    const all = keywords(part);
    const [minimum, above, maximum, below] = [
      all['minimum'],
      all['exclusiveMinimum'],
      all['maximum'],
      all['exclusiveMaximum'],
    ].map(numberOf);
    // Draft 4 writes a flag beside the bound.
    if (minimum !== undefined && minimum > low) [low, lowIsOpen] = [minimum, all['exclusiveMinimum'] === true];
    if (above !== undefined && above >= low) [low, lowIsOpen] = [above, true];
    if (maximum !== undefined && maximum < high) [high, highIsOpen] = [maximum, all['exclusiveMaximum'] === true];
    if (below !== undefined && below <= high) [high, highIsOpen] = [below, true];
  }
  const isWhole = steps(parts).some((step) => Number.isInteger(step));
  if (!isWhole) return { low, lowIsOpen, high, highIsOpen, isWhole };
  const first = lowIsOpen && Number.isInteger(low) ? low + 1 : Math.ceil(low);
  const last = highIsOpen && Number.isInteger(high) ? high - 1 : Math.floor(high);
  return { low: first, lowIsOpen: false, high: last, highIsOpen: false, isWhole };
}

/** Steps that every value is a multiple of; 1 for integers. */
export function steps(parts: readonly Node[]): readonly number[] {
  return parts.flatMap((part) => {
    const { type, multipleOf } = keywords(part);
    const isInteger =
      type === 'integer' || (Array.isArray(type) && type.includes('integer') && !type.includes('number'));
    return [...(isInteger ? [1] : []), ...(typeof multipleOf === 'number' ? [multipleOf] : [])];
  });
}

export function isEmptyInterval({ low, lowIsOpen, high, highIsOpen }: Interval): boolean {
  return low > high || (low === high && (lowIsOpen || highIsOpen));
}

/** Every number of one interval lies in the other. */
export function liesWithin(inner: Interval, outer: Interval): boolean {
  const isAbove = inner.low > outer.low || (inner.low === outer.low && (!outer.lowIsOpen || inner.lowIsOpen));
  const isBelow = inner.high < outer.high || (inner.high === outer.high && (!outer.highIsOpen || inner.highIsOpen));
  return isAbove && isBelow;
}

/** Whether a multiple of one step is always a multiple of the other: a quotient without a rest, within rounding. */
export function isMultiple(step: number, of: number): boolean {
  const quotient = step / of;
  return Math.abs(quotient - Math.round(quotient)) < 1e-9 && Math.round(quotient) !== 0;
}

/** Formats whose every text is also one of these. Sources: RFC 3986, 3987, 6531, 5890. */
const widerFormats: Readonly<Record<string, readonly string[]>> = {
  email: ['idn-email'],
  hostname: ['idn-hostname'],
  uri: ['uri-reference', 'iri', 'iri-reference'],
  'uri-reference': ['iri-reference'],
  iri: ['iri-reference'],
};

export function impliesFormat(given: string, wanted: string): boolean {
  return given === wanted || widerFormats[given]?.includes(wanted) === true;
}

/** Lengths in code points that a format leaves. */
const formatLengths: Readonly<Record<string, readonly [least: number, most: number]>> = {
  uuid: [36, 45],
  date: [10, 10],
  'date-time': [20, Infinity],
  time: [9, Infinity],
  ipv4: [7, 15],
  ipv6: [2, 45],
  email: [3, Infinity],
  uri: [2, Infinity],
  duration: [3, Infinity],
};

/** How long a text of this case is at least and at most. */
export function lengthsOf({ parts }: Pick<Alternative, 'parts'>): readonly [least: number, most: number] {
  let least = bound(parts, 'minLength', Math.max) ?? 0;
  let most = bound(parts, 'maxLength', Math.min) ?? Infinity;
  for (const part of parts) {
    const { format } = keywords(part);
    const [low, high] = (typeof format === 'string' ? formatLengths[format] : undefined) ?? [0, Infinity];
    least = Math.max(least, low);
    most = Math.min(most, high);
  }
  return [least, most];
}
