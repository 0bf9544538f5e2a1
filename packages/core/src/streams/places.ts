import { types } from 'node:util';
import { isMap, isTime } from '../consume/settings.ts';
import type { Adapter } from '../contract/adapter.ts';
import type { Start } from '../contract/source.ts';
import { StreamError } from '../errors/stream-error.ts';
import type { Position } from '../model/encoded.ts';
import { refused } from '../options/checks.ts';

/** Where somebody wants reading to start. */
export type Place = Start | ReadonlyMap<string, Position>;

/**
 * The place as adapters are to find it, a copy: a date of another realm is one of ours, and a time from before anything could
 * be stored means everything. Pure.
 */
export function startingAt(place: Start): Start;
export function startingAt(place: Place): Place;
export function startingAt(place: Place): Place {
  if (typeof place === 'string') return place;
  if (!types.isDate(place)) return new Map(place);
  return place.getTime() <= 0 ? 'earliest' : new Date(place.getTime());
}

/** The end of a range, in the same way. Pure. */
export function endingAt(end: 'now' | Date): 'now' | Date {
  return end === 'now' ? 'now' : new Date(end.getTime());
}

/** Throws `invalid-config` for what is not a place. */
export function checkPlace(option: string, place: unknown, where: string): void {
  if (isMap(place) && Reflect.get(place, 'size') === 0)
    throw refused(option, place, 'a Map with at least one partition: others are left alone', where);
  if (place === 'earliest' || place === 'latest' || isTime(place) || isMap(place)) return;
  throw refused(option, place, "'earliest', 'latest', a valid Date, or a Map of partition to position", where);
}

/** Throws `invalid-config` for positions that the topic does not have, the same for every provider. */
export async function checkPositions(
  adapter: Adapter,
  topic: string,
  positions: ReadonlyMap<string, Position>,
  signal?: AbortSignal,
): Promise<void> {
  for (const entry of positions) {
    if (entry.some((text: unknown) => typeof text !== 'string'))
      throw refused('a position', entry, 'partition and position, both as text', adapter.name);
  }
  const [first] = await adapter.admin.wrongPositions(topic, positions, signal);
  if (first === undefined) return;
  const { partition, problem } = first;
  const [what, cure] = {
    'no-partition': ['the partition does not exist', 'Give partitions that describe() names'],
    'no-position': [
      `${JSON.stringify(positions.get(partition))} is not a position of it`,
      'Give the position of an event, or one that lag() reports',
    ],
    'beyond-end': [
      `${JSON.stringify(positions.get(partition))} is beyond its end`,
      "Give the position of an event, one that lag() reports, or 'latest'",
    ],
  }[problem];
  const message = `topic "${topic}", partition ${JSON.stringify(partition)}: ${what}. ${cure}`;
  throw new StreamError('invalid-config', message, { where: adapter.name });
}
