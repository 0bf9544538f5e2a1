import { type PartitionLag, type Position, StreamError, type Streams } from '@isostream/core';
import type { SideNames } from './copy.ts';
import { checkNames, nameOf, readSide, type Sighting } from './sides.ts';

/** Where a group would go on, on the other side. */
export interface GroupMove {
  readonly group: string;
  readonly positions: ReadonlyMap<string, Position>;
  /** Events there that the group has not settled: copies, and what was written there and has not come to the side that it leaves. */
  readonly waiting: number;
  /** Events that the group has settled and gets again, because others lie before their copies, or they are not copied yet. */
  readonly repeats: number;
}

export interface Sides {
  readonly from: Streams;
  readonly to: Streams;
  readonly fromTopic: string;
  readonly toTopic: string;
  readonly names: SideNames | undefined;
  /** Whether the mirror copies it. */
  readonly isMeant: (event: Sighting) => boolean;
}

/**
 * Finds where the group has to go on so that it misses nothing: in each partition of the other side at the first event that it
 * has not settled, else at the end. What the side that it leaves has never had is not settled either. The order of the steps is what makes it right while events are written and copied: whatever is copied later
 * than the first read lies behind all positions that can be chosen.
 */
export async function planMove(sides: Sides, group: string, signal: AbortSignal | undefined): Promise<GroupMove> {
  const { from, to, fromTopic, toTopic, names, isMeant } = sides;
  checkPositions(from, to);
  const given = signal === undefined ? {} : { signal };
  const lagsThere = await to.admin.lag(toTopic, group, given);
  const ends = new Map(lagsThere.map(({ partition, end }) => [partition, end]));
  const copies = await readSide(to, toTopic, 'to', 'earliest', names, signal);
  const events = await readSide(from, fromTopic, 'from', 'earliest', names, signal);
  const lags = await from.admin.lag(fromTopic, group, given);
  const committed = committedOf(lags);
  if (committed.size === 0) {
    const message = `group "${group}" has committed nothing in topic "${fromTopic}". Start it on the other side with from: 'earliest'`;
    throw new StreamError('conflict', message, { where: 'mirror' });
  }
  const settledBefore = await readSide(from, fromTopic, 'from', committed, names, signal);
  checkNames(names, events, copies);
  const unsettled = new Set(settledBefore.flatMap(({ identity, place }) => [identity, place]));
  // Partitions without a position are read from their beginnings.
  const open = new Set(
    lags.filter(({ committed: position }) => position === undefined).map(({ partition }) => partition),
  );
  for (const { identity, place, partition } of events) if (open.has(partition)) unsettled.add(identity).add(place);
  const positions = new Map<string, Position>();
  // What it has settled and is not copied yet will lie behind every place that can be chosen.
  const copied = new Set(copies.map(({ identity }) => identity));
  const late = events
    .filter(isMeant)
    .filter(({ identity, place }) => [identity, place].every((each) => !unsettled.has(each) && !copied.has(each)));
  const counts = { waiting: 0, repeats: late.length };
  const last = new Map<string, Position>();
  let unseen = unseenOn(nameOf('from', names), copies, events);
  const committedThere = committedOf(lagsThere);
  if (unseen.size > 0 && committedThere.size > 0) {
    // The group was there before, and settled what lies before its positions.
    const later = new Set((await readSide(to, toTopic, 'to', committedThere, names, signal)).map(({ place }) => place));
    const isOpen = ({ partition, place }: Sighting): boolean => !committedThere.has(partition) || later.has(place);
    unseen = new Set([...unseen].filter(isOpen));
  }
  for (const copy of copies) {
    const { identity, partition, position } = copy;
    last.set(partition, position);
    const isWaiting = unsettled.has(identity) || unseen.has(copy);
    if (isWaiting && !positions.has(partition)) positions.set(partition, position);
    if (positions.has(partition)) counts[isWaiting ? 'waiting' : 'repeats']++;
  }
  for (const [partition, end] of ends) {
    if (positions.has(partition)) continue;
    // Where the provider does not tell its end: at the last copy, which comes once more.
    const place = end ?? last.get(partition);
    if (place === undefined) continue;
    positions.set(partition, place);
    if (end === undefined) counts.repeats++;
  }
  return { group, positions, ...counts };
}

/**
 * What never came to the side that the group leaves, so that the group cannot have settled it there. A copy whose original is no longer
 * retained on that side has been there.
 */
function unseenOn(side: string, copies: readonly Sighting[], events: readonly Sighting[]): ReadonlySet<Sighting> {
  const known = new Set(events.flatMap(({ identity, place }) => [identity, place]));
  const isUnseen = ({ identity, writtenOn, hasBeenThere }: Sighting): boolean =>
    !known.has(identity) && writtenOn !== side && !hasBeenThere;
  return new Set(copies.filter(isUnseen));
}

function committedOf(lags: readonly PartitionLag[]): ReadonlyMap<string, Position> {
  return new Map(
    lags.flatMap(({ partition, committed }) => (committed === undefined ? [] : [[partition, committed] as const])),
  );
}

/** Before anything is read: a plan that cannot be carried out is none. */
function checkPositions(from: Streams, to: Streams): void {
  const without = [from, to].find(({ adapter }) => adapter.capabilities.settlement === 'individual');
  const adapter = without?.adapter ?? to.adapter;
  if (without === undefined && adapter.capabilities.resetGroup) return;
  const message = `${adapter.name} keeps no positions that could be set, so no group can be moved from or to it. Start the group on the other side with from: 'earliest' or a time, and expect repeats`;
  throw new StreamError('unsupported', message, { where: 'mirror' });
}
