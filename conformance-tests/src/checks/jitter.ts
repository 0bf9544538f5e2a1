import type { Entry, EntryOf } from '../history/entry.ts';
import { type Check, eachGroup } from './check.ts';

/** Fewer waits may all be short by chance: so many are, once in 10^9 runs. */
const enough = 6;
const short = 1 / 32;

/** RETRY: with full jitter waits are drawn, so that not all of many are next to nothing, nor all as long as can be. An attempt may start late, never early. */
export function jitterIsDrawn({ initialMs, maxMs }: { readonly initialMs: number; readonly maxMs: number }): Check {
  return eachGroup((entries) => {
    const shares = retries(entries).map(
      ({ attempt, waitedMs }) => waitedMs / Math.min(maxMs, initialMs * 2 ** (attempt - 2)),
    );
    // What began later than was drawn at most waited for something else.
    const inTime = shares.filter((share) => share <= 1);
    return [
      ...(shares.length >= enough && shares.every((share) => share < short)
        ? [`${shares.length} waits, each below 1/32 of what may be drawn`]
        : []),
      ...(inTime.length >= enough && inTime.every((share) => share > 1 - short)
        ? [`${inTime.length} waits, each above 31/32 of what may be drawn`]
        : []),
    ];
  });
}

function retries(entries: readonly Entry[]): { readonly attempt: number; readonly waitedMs: number }[] {
  const ends = new Map<string, EntryOf<'settle'>>();
  const found: { readonly attempt: number; readonly waitedMs: number }[] = [];
  for (const entry of entries) {
    if (entry.kind === 'settle') ends.set(`${entry.lease} ${entry.id}`, entry);
    else if (entry.kind === 'deliver' && entry.attempt > 1) {
      const end = ends.get(`${entry.lease} ${entry.id}`);
      if (end?.attempt === entry.attempt - 1) found.push({ attempt: entry.attempt, waitedMs: entry.at - end.at });
    }
  }
  return found;
}
