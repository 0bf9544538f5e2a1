import { dayNumber, modulo, msPerDay, startOfWeekYear, weekdayOf } from './calendar.ts';
import { type DatePattern, dayNames, monthNames, type PatternPart } from './pattern.ts';

/** What was read so far: each letter's number, and the offset of a zone in minutes. */
type Fields = Map<string, number>;

/**
 * Reads a time as Java's SimpleDateFormat does: leniently, in UTC. `2025-13-40` rolls over, and text behind the match is
 * ignored. `undefined` where the text does not start with what the pattern says, and for a number beyond 32 bits, which Java wraps.
 */
export function parseDate(pattern: DatePattern, text: string, now: number = Date.now()): number | undefined {
  const fields: Fields = new Map();
  let at = 0;
  for (const [index, part] of pattern.entries()) {
    if (part.literal !== undefined) {
      if (!text.startsWith(part.literal, at)) return undefined;
      at += part.literal.length;
    } else {
      const isAdjacent = isNumeric(pattern[index + 1]);
      const end = readField(part, text, at, isAdjacent, fields, now);
      if (end === undefined) return undefined;
      at = end;
    }
  }
  if (at === 0) return undefined;
  const moment = resolve(fields);
  const century = startOfCentury(now);
  // Of the year with which the hundred years begin, and end, the whole date decides.
  return fields.has(ambiguous) && moment < century.getTime() ? resolve(inNextCentury(fields)) : moment;
}

type FieldPart = Extract<PatternPart, { readonly letter: string }>;

/** Digits in front of digits have a number of their own; in front of a name or a zone they end by themselves. */
function isNumeric(part: PatternPart | undefined): boolean {
  if (part === undefined || part.literal !== undefined) return false;
  return !('EaGzZX'.includes(part.letter) || ('ML'.includes(part.letter) && part.count > 2));
}

function readField(
  { letter, count }: FieldPart,
  text: string,
  from: number,
  isAdjacent: boolean,
  fields: Fields,
  now: number,
): number | undefined {
  let at = from;
  while (text.charAt(at) === ' ' || text.charAt(at) === '\t') at += 1;
  if (letter === 'E') return readName(dayNames, 'E', text, at, fields);
  if ((letter === 'M' || letter === 'L') && count > 2) return readName(monthNames, 'M', text, at, fields, 1);
  if (letter === 'a') return readName(['AM', 'PM'], 'a', text, at, fields);
  if (letter === 'G') return readName(['BC', 'AD'], 'G', text, at, fields);
  if (letter === 'X' || letter === 'z' || letter === 'Z') return readZone(letter, count, text, at, fields);
  const limit = isAdjacent ? from + count : text.length;
  if (limit > text.length) return undefined;
  const [digits] = /^-?\d+/.exec(text.slice(at, limit)) ?? [];
  if (digits === undefined || Math.abs(Number(digits)) >= 2 ** 31) return undefined;
  const isShortYear = (letter === 'y' || letter === 'Y') && count <= 2 && /^\d\d$/.test(digits);
  const value = isShortYear ? inCentury(Number(digits), now, fields) : Number(digits);
  set(fields, letter === 'L' ? 'M' : letter, value);
  return at + digits.length;
}

/** What is read last is the newest, also where it was read before. */
function set(fields: Fields, letter: string, value: number): void {
  fields.delete(letter);
  fields.set(letter, value);
}

/** The field of a year of two digits that is both the first and the last of the hundred years. */
const ambiguous = 'two digits';

/** Two digits of a year are one of the hundred years that begin 80 years ago. */
function startOfCentury(now: number): Date {
  const start = new Date(now);
  start.setUTCFullYear(start.getUTCFullYear() - 80);
  return start;
}

function inCentury(digits: number, now: number, fields: Fields): number {
  const first = startOfCentury(now).getUTCFullYear();
  const year = Math.floor(first / 100) * 100 + digits;
  if (year === first) fields.set(ambiguous, 1);
  else fields.delete(ambiguous);
  return year < first ? year + 100 : year;
}

function inNextCentury(fields: Fields): Fields {
  return new Map([...fields].map(([letter, value]) => [letter, 'yY'.includes(letter) ? value + 100 : value]));
}

function readName(
  names: readonly string[],
  field: string,
  text: string,
  at: number,
  fields: Fields,
  first = 0,
): number | undefined {
  const rest = text.slice(at).toLowerCase();
  for (const isFull of [true, false])
    for (const [index, full] of names.entries()) {
      const name = (isFull ? full : full.slice(0, 3)).toLowerCase();
      if (!rest.startsWith(name)) continue;
      set(fields, field, index + first);
      return at + name.length;
    }
  return undefined;
}

const zones: Readonly<Record<string, number>> = {
  'Coordinated Universal Time': 0,
  'Greenwich Mean Time': 0,
  UTC: 0,
  GMT: 0,
  EST: -300,
  EDT: -240,
  CST: -360,
  CDT: -300,
  MST: -420,
  MDT: -360,
  PST: -480,
  PDT: -420,
  CEST: 120,
  CET: 60,
};
const zoneNames: readonly string[] = Object.keys(zones);

function readZone(letter: string, count: number, text: string, at: number, fields: Fields): number | undefined {
  const rest = text.slice(at);
  if (letter === 'X') {
    const forms = [/^([+-])(\d\d)/, /^([+-])(\d\d)(\d\d)/, /^([+-])(\d\d):(\d\d)/];
    if (rest.startsWith('Z')) return zoneRead(fields, 0, at + 1);
    return offsetRead(forms[count - 1]?.exec(rest), fields, at);
  }
  // Without a colon alone, with one behind GMT.
  const numeric = /^([+-])(\d\d)(\d\d)/.exec(rest) ?? /^GMT([+-])(\d\d?):(\d\d)/i.exec(rest);
  if (numeric !== null) return offsetRead(numeric, fields, at);
  if (/^(?:[+-]|GMT[+-])/i.test(rest)) return undefined;
  const name = zoneNames.find((each) => rest.toLowerCase().startsWith(each.toLowerCase()));
  return name === undefined ? undefined : zoneRead(fields, zones[name] ?? 0, at + name.length);
}

function offsetRead(match: RegExpExecArray | null | undefined, fields: Fields, at: number): number | undefined {
  if (match === null || match === undefined) return undefined;
  const [whole, sign, hours, minutes = '0'] = match;
  if (Number(hours) > 23 || Number(minutes) > 59) return undefined;
  const offset = Number(hours) * 60 + Number(minutes);
  return zoneRead(fields, sign === '-' ? -offset : offset, at + whole.length);
}

function zoneRead(fields: Fields, offset: number, end: number): number {
  fields.set('zone', offset);
  return end;
}

/** The moment that the fields name; what is not named is that of the epoch's first day. */
function resolve(fields: Fields): number {
  const of = (letter: string, otherwise: number): number => fields.get(letter) ?? otherwise;
  const minutes = hourOf(fields) * 60 + of('m', 0) - of('zone', 0);
  return resolveDay(fields) * msPerDay + minutes * 60_000 + of('s', 0) * 1_000 + of('S', 0);
}

/** An hour of a half of the day counts where its half was read with it, after an hour of the whole day. */
function hourOf(fields: Fields): number {
  const whole = fields.get('H') ?? (fields.get('k') === 24 ? 0 : fields.get('k'));
  const half = fields.get('K') ?? (fields.get('h') === 12 ? 0 : fields.get('h'));
  const isPair = half !== undefined && fields.has('a') && newest(fields, 'Kha') > newest(fields, 'Hk');
  return whole === undefined || isPair ? (half ?? 0) + (fields.get('a') === 1 ? 12 : 0) : whole;
}

/** Where the newest of these letters was read; -1 where none was. */
function newest(fields: Fields, letters: string): number {
  return [...fields.keys()].findLastIndex((letter) => letters.includes(letter));
}

/** Of fields that say the day in several ways, those that were read last count. */
function resolveDay(fields: Fields): number {
  const of = (letter: string, otherwise: number): number => fields.get(letter) ?? otherwise;
  const weekday = weekdayFrom(fields);
  const year = fields.get('G') === 0 ? 1 - of('y', 1970) : of('y', 1970);
  if (newest(fields, 'Y') > newest(fields, 'y'))
    return startOfWeekYear(of('Y', year)) + (of('w', 1) - 1) * 7 + (weekday ?? 0);
  const month = of('M', 1);
  const start = dayNumber(year, month, 1);
  const isPaired = weekday !== undefined;
  const withWeekday = (letter: string): number => (fields.has(letter) ? newest(fields, `${letter}Eu`) : -1);
  const ways: readonly (readonly [at: number, day: () => number])[] = [
    [newest(fields, 'd'), () => dayNumber(year, month, of('d', 1))],
    [isPaired ? withWeekday('W') : -1, () => inWeekOfMonth(start, of('W', 1), weekday)],
    [isPaired ? withWeekday('F') : -1, () => inMonth(start, of('F', 1), weekday)],
    [newest(fields, 'D'), () => dayNumber(year, 1, of('D', 1))],
    [isPaired ? withWeekday('w') : -1, () => inWeek(year, of('w', 1), weekday)],
  ];
  const alone: typeof ways = [
    [newest(fields, 'W'), () => inWeekOfMonth(start, of('W', 1), weekday)],
    [newest(fields, 'FEu'), () => inMonth(start, of('F', 1), weekday)],
    [newest(fields, 'w'), () => inWeek(year, of('w', 1), weekday)],
  ];
  return latest(ways) ?? latest(alone) ?? start;
}

function latest(ways: readonly (readonly [at: number, day: () => number])[]): number | undefined {
  const at = Math.max(...ways.map(([each]) => each));
  return at < 0 ? undefined : ways.find(([each]) => each === at)?.[1]();
}

/** 0 is Sunday; a number that no day has counts on. */
function weekdayFrom(fields: Fields): number | undefined {
  const number = newest(fields, 'u') > newest(fields, 'E') ? fields.get('u') : undefined;
  if (number === undefined) return fields.get('E');
  return number >= 1 && number <= 7 ? number % 7 : modulo(number - 1, 7);
}

function inWeek(year: number, week: number, weekday = 0): number {
  return startOfWeekYear(year) + (week - 1) * 7 + weekday;
}

function inWeekOfMonth(start: number, week: number, weekday = 0): number {
  return start - weekdayOf(start) + (week - 1) * 7 + weekday;
}

/** The first, second … such weekday of a month. */
function inMonth(start: number, count: number, weekday = 0): number {
  return start + modulo(weekday - weekdayOf(start), 7) + (count - 1) * 7;
}
