import { type Day, dayNumber, dayOf, modulo, msPerDay, startOfWeekYear, weekdayOf } from './calendar.ts';
import { type DatePattern, dayNames, monthNames } from './pattern.ts';

/** A moment, taken apart. */
interface Moment extends Day {
  /** Days since the epoch. */
  readonly day: number;
  readonly weekday: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly millisecond: number;
}

/** Writes a time, in milliseconds since the epoch, in UTC. As far as 64 bits reach: beyond what a `Date` holds. */
export function formatDate(pattern: DatePattern, ms: number | bigint): string {
  const moment = momentOf(BigInt(ms));
  return pattern.map((part) => part.literal ?? fieldText(part.letter, part.count, moment)).join('');
}

function momentOf(ms: bigint): Moment {
  const inDay = Number(((ms % BigInt(msPerDay)) + BigInt(msPerDay)) % BigInt(msPerDay));
  const day = Number((ms - BigInt(inDay)) / BigInt(msPerDay));
  return {
    ...dayOf(day),
    day,
    weekday: weekdayOf(day),
    hour: Math.floor(inDay / 3_600_000),
    minute: Math.floor(inDay / 60_000) % 60,
    second: Math.floor(inDay / 1_000) % 60,
    millisecond: inDay % 1_000,
  };
}

function fieldText(letter: string, count: number, moment: Moment): string {
  const padded = (value: number): string => String(value).padStart(count, '0');
  const { year, month, dayOfMonth, weekday, hour, minute, second, millisecond } = moment;
  switch (letter) {
    case 'G':
      return year > 0 ? 'AD' : 'BC';
    case 'y':
      return yearText(year, count);
    case 'Y':
      return yearText(weekOf(moment).year, count);
    case 'M':
    case 'L':
      return count > 2 ? name(monthNames, month - 1, count) : padded(month);
    case 'w':
      return padded(weekOf(moment).week);
    case 'W':
      return padded(Math.floor((dayOfMonth - 1 + modulo(weekday - (dayOfMonth - 1), 7)) / 7) + 1);
    case 'D':
      return padded(moment.day - dayNumber(year, 1, 1) + 1);
    case 'd':
      return padded(dayOfMonth);
    case 'F':
      return padded(Math.floor((dayOfMonth - 1) / 7) + 1);
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
      return padded(minute);
    case 's':
      return padded(second);
    case 'S':
      return padded(millisecond);
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

/** Weeks start on Sunday, and the one with the first of January is the first. */
function weekOf({ day, weekday }: Moment): { readonly year: number; readonly week: number } {
  const { year } = dayOf(day - weekday + 6);
  return { year, week: Math.floor((day - startOfWeekYear(year)) / 7) + 1 };
}
