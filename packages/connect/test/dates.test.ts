import { describe, expect, it } from 'vitest';
import { parseDate } from '../src/dates/parse.ts';
import { compilePattern } from '../src/dates/pattern.ts';

const now = Date.UTC(2026, 11, 1, 9);
const read = (pattern: string, text: string) => {
  const ms = parseDate(compilePattern(pattern), text, now);
  return ms === undefined ? undefined : new Date(ms).toISOString();
};

describe('digits in front of what is not a number end by themselves', () => {
  it.each([
    ["yyyy-MM-dd'T'HH:mm:ss.SSSZ", '2024-01-01T00:00:00.123456+0000', '2024-01-01T00:02:03.456Z'],
    ['ss.SSSX', '12.1234567Z', '1970-01-01T00:20:46.567Z'],
    ['dMMMyyyy', '15Jan2024', '2024-01-15T00:00:00.000Z'],
    ['ha', '10PM', '1970-01-01T22:00:00.000Z'],
    ['Hz', '10UTC', '1970-01-01T10:00:00.000Z'],
  ])('%s reads %s', (pattern, text, right) => expect(read(pattern, text)).toBe(right));

  it('and in front of a number have as many as their letters', () => {
    expect(read('yyyyMMdd', '20240115')).toBe('2024-01-15T00:00:00.000Z');
  });
});

describe('a year of two digits', () => {
  it.each([
    ['MM/dd/yy', '12/31/46', '1946-12-31T00:00:00.000Z'],
    ['MM/dd/yy', '01/01/46', '2046-01-01T00:00:00.000Z'],
    ['dd.MM.yy HH', '01.12.46 08', '2046-12-01T08:00:00.000Z'],
    ['dd.MM.yy HH', '01.12.46 10', '1946-12-01T10:00:00.000Z'],
    ['MM/dd/yy', '01/01/47', '1947-01-01T00:00:00.000Z'],
    ['MM/dd/yy', '01/01/45', '2045-01-01T00:00:00.000Z'],
  ])('%s reads %s within the hundred years that begin 80 years ago', (pattern, text, right) =>
    expect(read(pattern, text)).toBe(right),
  );
});
