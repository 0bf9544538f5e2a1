import { styleText } from 'node:util';

type Colour = Parameters<typeof styleText>[0];

/** Text in a colour, on a terminal that shows it; `NO_COLOR` is obeyed. */
export function paint(colour: Colour, text: string, stream: NodeJS.WriteStream = process.stderr): string {
  return stream.isTTY && process.env['NO_COLOR'] === undefined ? styleText(colour, text) : text;
}

/** For people, on standard error: standard output is for results. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Rows under their headings, in columns as wide as their widest cell. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return [line(headings), ...rows.map(line)].join('\n');
}
