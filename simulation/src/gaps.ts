import { type Check, tell } from '@isostream/conformance/checks';
import { drainMark } from './marks.ts';

/**
 * START-REPLAY: a gap that core was told of is published. `told`: what was published meanwhile. A lease that ends at the
 * same moment may take its gap along.
 */
export function gapsPublished(told: ReadonlySet<string>): Check {
  return (entries) => {
    const ended = new Map<number, number>();
    const drains = new Map<string, number>();
    for (const entry of entries) {
      if (entry.kind === 'assign') drains.set(drainMark(entry.lease), entry.lease);
      const lease =
        entry.kind === 'lost' || entry.kind === 'revoke'
          ? entry.lease
          : entry.kind === 'mark'
            ? drains.get(entry.name)
            : undefined;
      if (lease !== undefined && !ended.has(lease)) ended.set(lease, entry.at);
    }
    const silent = entries.flatMap((entry) => {
      if (entry.kind !== 'mark' || !entry.name.startsWith('gap ')) return [];
      const [, lease, ...what] = entry.name.split(' ');
      const isOver = (ended.get(Number(lease)) ?? Infinity) <= entry.at;
      return isOver || told.has(what.join(' ')) ? [] : [what.join(' ')];
    });
    return tell('gaps that nobody was told of', silent);
  };
}

/** START-REPLAY, `onExpired: 'stop'`: under the lease that met a gap nothing behind it is handed out. */
export const nothingBeyondAGap: Check = (entries) => {
  const gaps = new Map<number, number>();
  const wrong: string[] = [];
  for (const entry of entries) {
    if (entry.kind === 'mark' && entry.name.startsWith('gap ')) {
      const [, lease, , stretch = ''] = entry.name.split(' ');
      gaps.set(Number(lease), Number(stretch.slice(stretch.indexOf('-') + 1)));
    } else if (entry.kind === 'deliver' && Number(entry.position) >= (gaps.get(entry.lease) ?? Infinity))
      wrong.push(`${entry.id} at ${entry.partition}/${entry.position} under lease ${entry.lease}`);
  }
  return tell('handed out behind a gap', wrong);
};
