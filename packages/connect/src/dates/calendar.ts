/** A day of Java's calendar: Gregorian from 15 October 1582 on, Julian before. Years before 1 are 0, -1 and so on. */
export interface Day {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly dayOfMonth: number;
}

export const msPerDay = 86_400_000;
const firstGregorian = -141_427;
/** Of 1 March of the year 0, in days from the epoch. */
const gregorianEra = -719_468;
const julianEra = -719_470;
const daysPer400Years = 146_097;
const daysPer4Years = 1_461;

/** A day, counted from the epoch. Months and days roll over. */
export function dayNumber(year: number, month: number, dayOfMonth: number): number {
  const months = month - 1;
  const whole = year + Math.floor(months / 12);
  const inYear = modulo(months, 12);
  // Years that begin in March have their leap day at the end.
  const shifted = inYear < 2 ? whole - 1 : whole;
  const inShifted = Math.floor((153 * modulo(inYear - 2, 12) + 2) / 5) + dayOfMonth - 1;
  const leaps = Math.floor(shifted / 4);
  const gregorian =
    gregorianEra + shifted * 365 + leaps - Math.floor(shifted / 100) + Math.floor(shifted / 400) + inShifted;
  return gregorian >= firstGregorian ? gregorian : julianEra + shifted * 365 + leaps + inShifted;
}

/** The day with this number. */
export function dayOf(number: number): Day {
  const isGregorian = number >= firstGregorian;
  const [cycle, years] = isGregorian ? [daysPer400Years, 400] : [daysPer4Years, 4];
  const fromStart = number - (isGregorian ? gregorianEra : julianEra);
  const era = Math.floor(fromStart / cycle);
  const inEra = fromStart - era * cycle;
  const leapsPassed = isGregorian
    ? Math.floor(inEra / 1_460) - Math.floor(inEra / 36_524) + Math.floor(inEra / 146_096)
    : Math.floor(inEra / 1_460);
  const yearInEra = Math.floor((inEra - leapsPassed) / 365);
  const inYear =
    inEra - (yearInEra * 365 + Math.floor(yearInEra / 4) - (isGregorian ? Math.floor(yearInEra / 100) : 0));
  const fromMarch = Math.floor((5 * inYear + 2) / 153);
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9;
  return {
    year: era * years + yearInEra + (month <= 2 ? 1 : 0),
    month,
    dayOfMonth: inYear - Math.floor((153 * fromMarch + 2) / 5) + 1,
  };
}

/** 0 is Sunday. */
export function weekdayOf(number: number): number {
  return modulo(number + 4, 7);
}

/** The Sunday on which the first week of a year starts: the week with the first of January. */
export function startOfWeekYear(year: number): number {
  const start = dayNumber(year, 1, 1);
  return start - weekdayOf(start);
}

export function modulo(value: number, by: number): number {
  return ((value % by) + by) % by;
}
