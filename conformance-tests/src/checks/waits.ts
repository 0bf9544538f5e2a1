import type { Entry, EntryOf } from '../history/entry.ts';
import { type Check, eachGroup, tell } from './check.ts';

// What lies between two attempts.

export interface BackoffBounds {
  readonly initialMs: number;
  readonly maxMs: number;
  /** 0 for exact waits, 1 for full jitter. */
  readonly jitter: number;
  /** How late an attempt may start. */
  readonly lateMs: number;
  /** Milliseconds of a stretch in which the machine did nothing for this process: for so long an attempt may be later still. */
  readonly stalledMs?: (from: number, to: number) => number;
}

interface Wait {
  readonly attempt: number;
  /** When the attempt before it failed, and when it began. */
  readonly from: number;
  readonly to: number;
}

/** The waits before second and later attempts under one assignment, for entries of one group. */
function waitsOf(entries: readonly Entry[], beside: (entry: EntryOf<'deliver'>, before: number) => void): Wait[] {
  const last = new Map<string, EntryOf<'deliver'> | EntryOf<'settle'>>();
  const waits: Wait[] = [];
  for (const entry of entries) {
    if (entry.kind !== 'settle' && entry.kind !== 'deliver') continue;
    const event = `${entry.assignment}/${entry.id}`;
    const before = last.get(event);
    last.set(event, entry);
    if (entry.kind === 'settle' || entry.attempt === 1 || before === undefined) continue;
    if (before.kind === 'deliver') beside(entry, before.attempt);
    else if (before.attempt === entry.attempt - 1)
      waits.push({ attempt: entry.attempt, from: before.at, to: entry.at });
  }
  return waits;
}

function dueMs(attempt: number, { initialMs, maxMs }: Pick<BackoffBounds, 'initialMs' | 'maxMs'>): number {
  return Math.min(maxMs, initialMs * 2 ** (attempt - 2));
}

/** The wait before attempt n+1 lies between the policy's bounds, never below. */
export function backoffBounds(bounds: BackoffBounds): Check {
  const { jitter, lateMs, stalledMs = () => 0 } = bounds;
  return eachGroup((entries) => {
    const wrong: string[] = [];
    const waits = waitsOf(entries, ({ attempt }, before) =>
      wrong.push(`attempt ${attempt} before attempt ${before} ended`),
    );
    for (const { attempt, from, to } of waits) {
      const wait = dueMs(attempt, bounds);
      const waited = to - from;
      // A millisecond for the rounding of the two clocks' readings.
      if (waited < wait * (1 - jitter) - 1)
        wrong.push(`attempt ${attempt} after ${waited.toFixed(0)} ms, ${wait} were due`);
      if (waited > wait + lateMs && waited > wait + lateMs + stalledMs(from + wait, to))
        wrong.push(`attempt ${attempt} only after ${waited.toFixed(0)} ms of ${wait}`);
    }
    return tell('waits outside of the policy', wrong);
  });
}

/** How many of 200 waits must lie in each quarter of their range: by chance there are fewer once in 10^11 times. */
const leastInAQuarter = 10;
const leastWaits = 200;

/**
 * Full jitter: waits lie anywhere between none and all of what is due, and half of it on average. Of 200 waits that are
 * spread evenly the average is further from the half than this less than once in 10^9 times (Hoeffding).
 */
export function fullJitter(bounds: Pick<BackoffBounds, 'initialMs' | 'maxMs' | 'stalledMs'>): Check {
  const { stalledMs = () => 0 } = bounds;
  return eachGroup((entries) => {
    // A timer is late by no more than the stall in which it falls due.
    const shares = waitsOf(entries, () => undefined).map(({ attempt, from, to }) =>
      Math.min(1, Math.max(0, (to - from - stalledMs(Math.max(from, to - 50), to)) / dueMs(attempt, bounds))),
    );
    if (shares.length < leastWaits) return [`only ${shares.length} waits, ${leastWaits} say something about jitter`];
    const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
    const quarters = [0, 1, 2, 3].map(
      (quarter) => shares.filter((share) => Math.min(3, Math.floor(share * 4)) === quarter).length,
    );
    return [
      ...(quarters.every((count) => count >= leastInAQuarter)
        ? []
        : [`of ${shares.length} waits ${quarters.join(', ')} lie in the quarters of their range`]),
      ...(Math.abs(mean - 0.5) <= 0.235 ? [] : [`waits are ${(mean * 100).toFixed(0)}% of the range on average`]),
    ];
  });
}

/** Fewer waits may all be short by chance: so many are, once in 10^9 runs. */
const fewWaits = 6;
const short = 1 / 32;

/** RETRY: with full jitter waits are drawn, so that not all of many are next to nothing, nor all as long as can be. An attempt may start late, never early. */
export function jitterIsDrawn(bounds: Pick<BackoffBounds, 'initialMs' | 'maxMs'>): Check {
  return eachGroup((entries) => {
    const shares = waitsOf(entries, () => undefined).map(
      ({ attempt, from, to }) => (to - from) / dueMs(attempt, bounds),
    );
    // What began later than was drawn at most waited for something else.
    const inTime = shares.filter((share) => share <= 1);
    return [
      ...(shares.length >= fewWaits && shares.every((share) => share < short)
        ? [`${shares.length} waits, each below 1/32 of what may be drawn`]
        : []),
      ...(inTime.length >= fewWaits && inTime.every((share) => share > 1 - short)
        ? [`${inTime.length} waits, each above 31/32 of what may be drawn`]
        : []),
    ];
  });
}
