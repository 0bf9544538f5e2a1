import { type DatePattern, dayNames, monthNames } from './pattern.ts';

const msPerDay = 86_400_000;

/** Writes a time, in milliseconds since the epoch, in UTC. */
export function formatDate(pattern: DatePattern, ms: number): string {
  const date = new Date(ms);
  return pattern.map((part) => part.literal ?? fieldText(part.letter, part.count, date)).join('');
}

function fieldText(letter: string, count: number, date: Date): string {
  const padded = (value: number): string => String(value).padStart(count, '0');
  const hour = date.getUTCHours();
  const weekday = date.getUTCDay();
  switch (letter) {
    case 'G':
      return date.getUTCFullYear() > 0 ? 'AD' : 'BC';
    case 'y':
      return yearText(date.getUTCFullYear(), count);
    case 'Y':
      return yearText(weekOf(date).year, count);
    case 'M':
    case 'L':
      return count > 2 ? name(monthNames, date.getUTCMonth(), count) : padded(date.getUTCMonth() + 1);
    case 'w':
      return padded(weekOf(date).week);
    case 'W':
      return padded(Math.floor((date.getUTCDate() - 1 + firstWeekday(date)) / 7) + 1);
    case 'D':
      return padded(dayOfYear(date));
    case 'd':
      return padded(date.getUTCDate());
    case 'F':
      return padded(Math.floor((date.getUTCDate() - 1) / 7) + 1);
    case 'E':
      return name(dayNames, weekday, count);
    case 'u':
      return padded(weekday === 0 ? 7 : weekday);
    case 'a':
      return hour < 12 ? 'AM' : 'PM';
    case 'H':
      return padded(hour);
    case 'k':
      return padded(hour === 0 ? 24 : hour);
    case 'K':
      return padded(hour % 12);
    case 'h':
      return padded(hour % 12 === 0 ? 12 : hour % 12);
    case 'm':
      return padded(date.getUTCMinutes());
    case 's':
      return padded(date.getUTCSeconds());
    case 'S':
      return padded(date.getUTCMilliseconds());
    case 'z':
      return count > 3 ? 'Coordinated Universal Time' : 'UTC';
    case 'Z':
      return '+0000';
    default:
      return 'Z';
  }
}

function yearText(year: number, count: number): string {
  const shown = year > 0 ? year : 1 - year;
  return count === 2 ? String(shown % 100).padStart(2, '0') : String(shown).padStart(count, '0');
}

function name(names: readonly string[], index: number, count: number): string {
  const full = names[index] ?? '';
  return count > 3 ? full : full.slice(0, 3);
}

function dayOfYear(date: Date): number {
  const start = yearStart(date.getUTCFullYear());
  return Math.floor((date.getTime() - start) / msPerDay) + 1;
}

/** The weekday of the first of a date's month. */
function firstWeekday(date: Date): number {
  return (((date.getUTCDay() - (date.getUTCDate() - 1)) % 7) + 7) % 7;
}

/** Weeks start on Sunday, and the one with the first of January is the first. */
function weekOf(date: Date): { readonly year: number; readonly week: number } {
  const day = Math.floor(date.getTime() / msPerDay);
  const saturday = new Date((day - date.getUTCDay() + 6) * msPerDay);
  const year = saturday.getUTCFullYear();
  const firstSunday = startOfWeekYear(year);
  return { year, week: Math.floor((day - firstSunday) / 7) + 1 };
}

/** The day, counted from the epoch, on which the first week of a year starts. */
export function startOfWeekYear(year: number): number {
  const start = yearStart(year);
  return start / msPerDay - new Date(start).getUTCDay();
}

/** The first moment of a year; years below 100 are what they say. */
export function yearStart(year: number): number {
  return new Date(0).setUTCFullYear(year, 0, 1);
}
