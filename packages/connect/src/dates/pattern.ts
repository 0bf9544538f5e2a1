/** One part of a date pattern: text as it stands, or a field with the number of its letters. */
export type PatternPart =
  | { readonly literal: string }
  | { readonly letter: string; readonly count: number; readonly literal?: undefined };

export type DatePattern = readonly PatternPart[];

const letters = 'GyYMLwWDdFEuaHkKhmsSzZX';

/**
 * Reads a pattern with the letters of Java's SimpleDateFormat, which differ from those of other libraries: `YYYY` is a week
 * year, `DD` a day of the year, `u` a day of the week. Throws an `Error` for a letter that means nothing and for an open quote.
 */
export function compilePattern(pattern: string): DatePattern {
  const parts: PatternPart[] = [];
  let literal = '';
  const endLiteral = (): void => {
    if (literal !== '') parts.push({ literal });
    literal = '';
  };
  let at = 0;
  while (at < pattern.length) {
    const char = pattern.charAt(at);
    if (char === "'") {
      const [text, end] = quoted(pattern, at);
      literal += text;
      at = end;
    } else if (/[A-Za-z]/.test(char)) {
      if (!letters.includes(char))
        throw new Error(`"${char}" in the date format ${pattern} has no meaning. Quote text: 'T'`);
      if (char === 'X' && /^X{4}/.test(pattern.slice(at))) throw new Error(`${pattern} has more than three X in a row`);
      endLiteral();
      let count = 1;
      while (pattern.charAt(at + count) === char) count += 1;
      parts.push({ letter: char, count });
      at += count;
    } else {
      literal += char;
      at += 1;
    }
  }
  endLiteral();
  return parts;
}

/** The text of a quoted part, and where it ends; two quotes in a row are one. */
function quoted(pattern: string, start: number): readonly [text: string, end: number] {
  if (pattern.charAt(start + 1) === "'") return ["'", start + 2];
  let text = '';
  for (let at = start + 1; at < pattern.length; at += 1) {
    const char = pattern.charAt(at);
    if (char !== "'") text += char;
    else if (pattern.charAt(at + 1) === "'") {
      text += "'";
      at += 1;
    } else return [text, at + 1];
  }
  throw new Error(`the date format ${pattern} has a quote that is not closed`);
}

export const monthNames: readonly string[] = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

/** Sunday first, as weeks start in the locale that formats are read in. */
export const dayNames: readonly string[] = [
  'Sunday',
  'Monday',
  'Tuesday',
  'Wednesday',
  'Thursday',
  'Friday',
  'Saturday',
];
