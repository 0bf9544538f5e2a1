import { type Check, tell } from '@isostream/conformance/checks';
import { drainMark } from './marks.ts';

/**
 * START-REPLAY: a gap that core was told of is published. `told`: what was published meanwhile. An assignment that ends at the
 * same moment may take its gap along.
 */
export function gapsPublished(told: ReadonlySet<string>): Check {
  return (entries) => {
    const ended = new Map<number, number>();
    const drains = new Map<string, number>();
    for (const entry of entries) {
      if (entry.kind === 'assign') drains.set(drainMark(entry.assignment), entry.assignment);
      const assignment =
        entry.kind === 'lost' || entry.kind === 'revoke'
          ? entry.assignment
          : entry.kind === 'mark'
            ? drains.get(entry.name)
            : undefined;
      if (assignment !== undefined && !ended.has(assignment)) ended.set(assignment, entry.at);
    }
    const silent = entries.flatMap((entry) => {
      if (entry.kind !== 'mark' || !entry.name.startsWith('gap ')) return [];
      const [, assignment, ...what] = entry.name.split(' ');
      const isOver = (ended.get(Number(assignment)) ?? Infinity) <= entry.at;
      return isOver || told.has(what.join(' ')) ? [] : [what.join(' ')];
    });
    return tell('gaps that nobody was told of', silent);
  };
}

/** START-REPLAY, `onExpired: 'stop'`: under the assignment that met a gap nothing behind it is handed out. */
export const nothingBeyondAGap: Check = (entries) => {
  const gaps = new Map<number, number>();
  const wrong: string[] = [];
  for (const entry of entries) {
    if (entry.kind === 'mark' && entry.name.startsWith('gap ')) {
      const [, assignment, , stretch = ''] = entry.name.split(' ');
      gaps.set(Number(assignment), Number(stretch.slice(stretch.indexOf('-') + 1)));
    } else if (entry.kind === 'deliver' && Number(entry.position) >= (gaps.get(entry.assignment) ?? Infinity))
      wrong.push(`${entry.id} at ${entry.partition}/${entry.position} under assignment ${entry.assignment}`);
  }
  return tell('handed out behind a gap', wrong);
};
