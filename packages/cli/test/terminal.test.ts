import { afterEach, expect, it, vi } from 'vitest';
import { counted, GrowingTable, paint, table } from '../src/terminal.ts';
import { cut } from '../src/visible.ts';

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

it('a table has as many rows as there are', () => {
  const rows = Array.from({ length: 200_000 }, (_, index) => [String(index), 'a key']);
  const lines = table(['letter', 'key'], rows).split('\n');
  expect([lines[0], lines.at(-1)]).toEqual(['letter  key', '199999  a key']);
});

it('one long name puts no blanks into the other rows', () => {
  const long = 'g'.repeat(600);
  const lines = table(
    ['group', 'lag'],
    [
      [long, '4'],
      ['billing', '5'],
    ],
  ).split('\n');
  expect(lines).toEqual([`${'group'.padEnd(60)}  lag`, `${long}  4`, `${'billing'.padEnd(60)}  5`]);
});

it('one thing has no plural', () => {
  expect([0, 1, 2_000].map((count) => counted(count, 'dead letter'))).toEqual([
    '0 dead letters',
    '1 dead letter',
    '2,000 dead letters',
  ]);
});

it('a long cell is cut between letters', () => {
  expect([cut('abc', 3), cut('abcd', 3), cut('😀😀😀', 2), cut('k'.repeat(4_000), 60)]).toEqual([
    'abc',
    'abc…',
    '😀😀…',
    `${'k'.repeat(60)}…`,
  ]);
});

it('a table that grows is printed before its last row, in the columns of its first', () => {
  let printed = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
  const rows = new GrowingTable(['letter', 'key'], 2);
  rows.add(['1', 'a']);
  expect(printed).toBe('');
  rows.add(['1000000', '\u001b[2J']);
  expect(printed).toBe('letter   key\n1        a\n1000000  \\u001b[2J\n');
  rows.add(['3', 'c']);
  rows.flush();
  expect(printed.split('\n').slice(3)).toEqual(['3        c', '']);

  printed = '';
  new GrowingTable(['letter', 'key']).flush();
  expect(printed).toBe('letter  key\n');
});

it.each([
  [true, undefined, true],
  [true, '', true],
  [true, '1', false],
  [false, undefined, false],
])('is coloured on a terminal (%s) where NO_COLOR is %s: %s', (isTTY, value, isColoured) => {
  vi.stubEnv('NO_COLOR', value);
  vi.stubEnv('FORCE_COLOR', undefined);
  expect(paint('red', 'text', { isTTY })).toBe(isColoured ? '\u001b[31mtext\u001b[39m' : 'text');
});
