import { styleText } from 'node:util';
import { interruption } from './interruption.ts';
import { visible, visibleLines } from './visible.ts';

type Colour = Parameters<typeof styleText>[0];

/** Text in a colour, on a terminal that shows it; `NO_COLOR` is obeyed. */
export function paint(colour: Colour, text: string, stream: NodeJS.WriteStream = process.stderr): string {
  // An empty NO_COLOR counts as not set: no-color.org.
  return stream.isTTY && (process.env['NO_COLOR'] ?? '') === '' ? styleText(colour, text) : text;
}

/** For people, on standard error: standard output is for results. */
export function say(text: string): void {
  process.stderr.write(`${visibleLines(text)}\n`);
}

/** A result, on standard output, unless its reader is gone. */
export function print(text: string): void {
  if (!interruption.isReaderGone) process.stdout.write(`${visibleLines(text)}\n`);
}

/** Rows under their headings, in columns as wide as their widest cell. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const shown = rows.map((row) => row.map(visible));
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...shown.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return [line(headings), ...shown.map(line)].join('\n');
}

/** What a plan says that was not carried out. */
export function nothingChanged(sentence: string): string {
  return `nothing was changed. With --execute it ${sentence}`;
}

/** A result in the form that its reader chose: all values in it are clean. */
export function printRaw(text: string): void {
  if (!interruption.isReaderGone) process.stdout.write(text);
}
