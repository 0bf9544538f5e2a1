import type { Shard } from '@aws-sdk/client-kinesis';
import type { Lease } from '@isostream/coordination';
import { type Start, StreamError } from '@isostream/core/adapter';
import type { ServiceClock } from '../service-clock.ts';
import { end, oldest, parsePlace, type Place } from '../position.ts';
import { isOpen } from '../hash-range.ts';
import { nameOf, parentsOf } from './shards.ts';
import type { KinesisStream } from './stream.ts';

/** How far back the search for the end of a shard begins: farther than our clock and the service's can differ unnoticed. */
const windowMs = 10_000;
const shortestRetentionMs = 86_400_000;

/**
 * Where a group starts in a shard whose parents it knows: at the beginning, for what its parents held is read, or will be.
 * Parents whose first event is still looked for by a time hand that time on. `undefined` where the shard is as new to the
 * group as any: without such parents, or where they had ended before a group that starts at the end came.
 */
export function startAfterParents(shard: Shard, known: readonly Lease[]): Place | undefined {
  const parents = parentsOf(shard);
  const places = known
    .filter(({ partition }) => parents.includes(partition))
    .map(({ position }) => parsePlace(position))
    .filter(({ kind }) => kind !== 'end');
  if (places.length === 0) return undefined;
  const times = places.flatMap((place) => (place.kind === 'time' ? [place.ms] : []));
  return times.length === places.length ? { kind: 'time', ms: Math.min(...times) } : oldest;
}

/** Where reading starts in a shard, resolved now, so that it stays what it was. Each call is tried once. */
export async function startOf(
  stream: KinesisStream,
  shard: Shard,
  start: Start,
  clock: ServiceClock,
  signal?: AbortSignal,
): Promise<Place> {
  if (start === 'earliest') return oldest;
  if (start === 'latest' || start.getTime() > clock.now()) return endOf(stream, shard, clock, signal);
  const ms = start.getTime();
  const agoMs = clock.now() - ms;
  // A place that retention has passed would be reported as a loss, but nobody has missed anything.
  const isBeforeAll = agoMs > shortestRetentionMs && agoMs >= (await stream.retentionMs(signal));
  return isBeforeAll ? oldest : { kind: 'time', ms };
}

/**
 * The end of a shard as it is now: behind its last event, or a time since which it has none. The service has a name for the
 * end, but that means another place with each event; a reader that starts there and dies has lost what came meanwhile.
 */
export async function endOf(
  stream: KinesisStream,
  shard: Shard,
  clock: ServiceClock,
  signal?: AbortSignal,
): Promise<Place> {
  if (!isOpen(shard)) return end;
  let place: Place = { kind: 'time', ms: Math.max(0, clock.now() - windowMs) };
  const first = await stream.iterator(nameOf(shard), place, signal);
  for (let iterator = first; iterator !== undefined;) {
    const page = await stream.page(iterator, signal);
    if (page === 'expired') break;
    const last = page.records.at(-1)?.SequenceNumber;
    if (last !== undefined) place = { kind: 'after', sequence: last, index: undefined, readUntil: page.askedAt };
    if (page.next === undefined) return end;
    if (page.isAtTip) return place;
    iterator = page.next;
  }
  const message = `the end of ${nameOf(shard)} of stream "${stream.name}" was not found. It is tried again`;
  throw new StreamError('unavailable', message, { where: 'kinesis' });
}
