import type { Shard } from '@aws-sdk/client-kinesis';
import type { Beginning, Origin } from '@isostream/coordination';
import { type Position, sleep, type Start, StreamError, systemClock } from '@isostream/core/adapter';
import type { ServiceClock } from '../client/service-clock.ts';
import { end, formatPlace, oldest, parsePlace, type Place } from '../position.ts';
import { isOpen } from '../hash-range.ts';
import { readIntervalMs } from './pace.ts';
import { type Patience, patiently } from './patience.ts';
import { nameOf, parentsOf } from './shards.ts';
import type { FetchedPage, KinesisStream } from './stream.ts';

/** How far back the search for the end of a shard begins: farther than our clock and the service's can differ unnoticed. */
const windowMs = 10_000;
/** How far the service's clock and what we take for it can differ. */
const clockMs = 2_000;
const shortestRetentionMs = 86_400_000;

/** What looking for places needs: the stream, all its shards as they were listed together, and how failures are borne. */
export interface Look {
  readonly stream: KinesisStream;
  readonly shards: readonly Shard[];
  readonly clock: ServiceClock;
  readonly patience: Patience;
}

/** Where a group starts in a shard that has no lease. */
export async function beginningOf(look: Look, shard: Shard, start: Start, origin: Origin): Promise<Beginning> {
  if (origin.kind === 'later') return { position: formatPlace(oldest) };
  if (origin.kind === 'continues') return { position: formatPlace(placeAfter(origin.positions)) };
  const place = await startOf(look, shard, start);
  return { position: formatPlace(place), isFinished: place.kind === 'end' };
}

/**
 * Where a group starts in a shard whose parents it starts in as well: at the beginning, for all of it came after what the
 * parents held. Parents whose first event is still looked for by a time hand that time on.
 */
export function placeAfter(positions: readonly Position[]): Place {
  const places = positions.map(parsePlace);
  const times = places.flatMap((place) => (place.kind === 'time' ? [place.ms] : []));
  return times.length > 0 && times.length === places.length ? { kind: 'time', ms: Math.min(...times) } : oldest;
}

/** Where reading starts in a shard, resolved now, so that it stays what it was; the end is only that of an ended shard. */
export async function startOf(look: Look, shard: Shard, start: Start): Promise<Place> {
  const { clock, patience, stream } = look;
  if (start === 'earliest') return oldest;
  // A shard that has ended may be left out only for what was listed with it: what continues it starts by the same rule.
  if (start === 'latest' || start.getTime() > clock.now())
    return isOpen(shard) || !isContinued(look, shard) ? endOf(look, shard) : end;
  const ms = start.getTime();
  const agoMs = clock.now() - ms;
  // A place that retention has passed would be reported as a loss, but nobody has missed anything.
  const isBeforeAll =
    agoMs > shortestRetentionMs &&
    agoMs >= (await patiently('asking for the retention', () => stream.retentionMs(patience.signal), patience));
  return isBeforeAll ? oldest : { kind: 'time', ms };
}

/**
 * The end of a shard as it is now: behind its last event, or a time since which it has none. The service has a name for the
 * end, but that means another place with each event; a reader that starts there and dies has lost what came meanwhile.
 *
 * What was read is kept when a call fails. On a shard that is written to faster than it can be read, the end is behind what
 * was surely stored when the search began.
 */
export async function endOf({ stream, clock, patience }: Look, shard: Shard): Promise<Place> {
  const name = nameOf(shard);
  const soughtAt = clock.now();
  let place: Place = { kind: 'time', ms: Math.max(0, soughtAt - windowMs) };
  let iterator: string | undefined;
  let isFound = false;
  let pages = 0;
  const step = async (): Promise<void> => {
    iterator ??= await stream.iterator(name, place, patience.signal);
    if (iterator === undefined) {
      // The stream itself may be gone, which is told; or our clock is ahead of the service's.
      await stream.shards(patience.signal);
      throw notFound(stream, name);
    }
    const page = await stream.page(iterator, patience.signal);
    iterator = page === 'expired' ? undefined : page.next;
    if (page === 'expired') return;
    pages++;
    place = lastOf(page) ?? place;
    isFound = page.isAtTip || page.next === undefined || newestOf(page) > soughtAt + clockMs;
  };
  while (!isFound) {
    if (pages > 0) await sleep(systemClock, readIntervalMs, patience.signal);
    const what = `looking for the end of ${name} of stream "${stream.name}"`;
    await patiently(what, step, patience);
  }
  return place;
}

function lastOf(page: FetchedPage): Place | undefined {
  const sequence = page.records.at(-1)?.SequenceNumber;
  const readUntil = page.isAtTip ? page.askedAt : newestOf(page);
  return sequence === undefined ? undefined : { kind: 'after', sequence, index: undefined, readUntil };
}

function newestOf({ records }: FetchedPage): number {
  return records.at(-1)?.ApproximateArrivalTimestamp?.getTime() ?? 0;
}

function isContinued({ shards }: Look, shard: Shard): boolean {
  return shards.some((other) => parentsOf(other).includes(nameOf(shard)));
}

function notFound({ name }: KinesisStream, shard: string): StreamError {
  const message = `the end of ${shard} of stream "${name}" was not found. It is retried`;
  return new StreamError('unavailable', message, { where: 'kinesis' });
}
