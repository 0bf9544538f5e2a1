import { styleText } from 'node:util';
import { humanCount } from '@isostream/operations';
import { interruption } from './interruption.ts';
import { visible, visibleLines } from './visible.ts';

type Colour = Parameters<typeof styleText>[0];

/** Text in a colour, on a terminal that shows it; `NO_COLOR` is obeyed. */
export function paint(colour: Colour, text: string, stream: { readonly isTTY?: boolean } = process.stderr): string {
  // An empty NO_COLOR counts as not set: no-color.org. Node.js itself would look at standard output, whatever the stream.
  return stream.isTTY && (process.env['NO_COLOR'] ?? '') === ''
    ? styleText(colour, text, { validateStream: false })
    : text;
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
  const widths = widthsOf(headings, shown);
  return [line(headings, widths), ...shown.map((row) => line(row, widths))].join('\n');
}

/** A table of many rows, printed as they come: its first rows say how wide its columns are. */
export class GrowingTable {
  readonly #headings: readonly string[];
  readonly #first: (readonly string[])[] = [];
  readonly #firstRows: number;
  #widths: readonly number[] | undefined;

  /** `firstRows` are waited for, unless `flush` is called before. */
  constructor(headings: readonly string[], firstRows = 50) {
    this.#headings = headings;
    this.#firstRows = firstRows;
  }

  add(row: readonly string[]): void {
    const shown = row.map(visible);
    if (this.#widths !== undefined) print(line(shown, this.#widths));
    else if (this.#first.push(shown) >= this.#firstRows) this.flush();
  }

  /** Prints what there is, and from then on each row at once. */
  flush(): void {
    if (this.#widths !== undefined) return;
    this.#widths = widthsOf(this.#headings, this.#first);
    for (const row of [this.#headings, ...this.#first]) print(line(row, this.#widths));
  }
}

/** Wider cells push the rest of their own row: one long name would put blanks into every row. */
const widest = 60;

function widthsOf(headings: readonly string[], rows: readonly (readonly string[])[]): readonly number[] {
  return headings.map((heading, column) =>
    rows.reduce((width, row) => Math.max(width, Math.min(widest, row[column]?.length ?? 0)), heading.length),
  );
}

function line(cells: readonly string[], widths: readonly number[]): string {
  return cells
    .map((cell, column) => cell.padEnd(widths[column] ?? 0))
    .join('  ')
    .trimEnd();
}

/** Tells on a terminal how far something is, once a second at most. */
export function telling(): (text: () => string) => void {
  let toldAt = Date.now();
  return (text) => {
    if (!process.stderr.isTTY || Date.now() - toldAt < 1_000) return;
    toldAt = Date.now();
    say(text());
  };
}

/** So many things, in words: one has no plural. */
export function counted(count: number, thing: string): string {
  return `${humanCount(count)} ${thing}${count === 1 ? '' : 's'}`;
}

/** What a plan says that was not carried out. */
export function nothingChanged(sentence: string): string {
  return `nothing was changed. With --execute it ${sentence}`;
}

/** A result in the form that its reader chose: all values in it are clean. */
export function printRaw(text: string): void {
  if (!interruption.isReaderGone) process.stdout.write(text);
}
