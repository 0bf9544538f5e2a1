import type { Result } from '../run/run.ts';

/** A result in a few words, as a cell of the table has it. */
export function describe({ broken, noted, unhandled, notRun }: Result): string {
  if (notRun !== undefined) return `– ${notRun}`;
  const words = broken.map(({ what, count }) => `**${count} ${what}**`);
  const ends = unhandled === 0 ? [] : [`**${unhandled} errors that nobody handled**`];
  const kept = words.length + ends.length === 0 ? ['kept'] : [];
  return [...kept, ...words, ...ends, ...noted.map(({ what, count }) => `${count} ${what}`)].join(', ');
}
