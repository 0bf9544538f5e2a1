import type { Shard } from '@aws-sdk/client-kinesis';
import type { Position, WrongPosition } from '@isostream/core/adapter';
import { isOpen } from '../hash-range.ts';
import { compareSequences, oldest, parsedPlace, type Place } from '../position.ts';
import { nameOf, parentsOf } from './shards.ts';
import type { KinesisStream } from './stream.ts';

/** Positions at which nobody can start in these shards. Each call is tried once. */
export async function wrongPositions(
  stream: KinesisStream,
  shards: readonly Shard[],
  positions: ReadonlyMap<string, Position>,
  signal?: AbortSignal,
): Promise<readonly WrongPosition[]> {
  const found = [...positions].map(async ([partition, position]): Promise<WrongPosition[]> => {
    const shard = shards.find((each) => nameOf(each) === partition);
    const isGone = shards.some((each) => parentsOf(each).includes(partition));
    if (shard === undefined && !isGone) return [{ partition, problem: 'no-partition' }];
    const place = parsedPlace(position);
    if (place === undefined) return [{ partition, problem: 'no-position' }];
    const problem = shard === undefined ? undefined : await problemOf(stream, shard, place, signal);
    return problem === undefined ? [] : [{ partition, problem }];
  });
  return (await Promise.all(found)).flat();
}

/** Sequence numbers have gaps, so that only the service can tell whether one is that of a record. */
async function problemOf(
  stream: KinesisStream,
  shard: Shard,
  place: Place,
  signal: AbortSignal | undefined,
): Promise<'no-position' | 'beyond-end' | undefined> {
  if (place.kind === 'end') return isOpen(shard) ? 'beyond-end' : undefined;
  if (place.kind !== 'at' && place.kind !== 'after') return undefined;
  const { StartingSequenceNumber: start, EndingSequenceNumber: last } = shard.SequenceNumberRange ?? {};
  if (start !== undefined && compareSequences(place.sequence, start) < 0) return 'no-position';
  if (last !== undefined && compareSequences(place.sequence, last) > 0) return 'beyond-end';
  const iterator = await stream.iterator(nameOf(shard), place, signal);
  if (iterator !== undefined) return undefined;
  // Refused: one that retention has passed lies before the oldest record, and is reported as a gap to whoever reads on.
  const first = await oldestSequence(stream, shard, signal);
  return first !== undefined && compareSequences(place.sequence, first) < 0 ? undefined : 'beyond-end';
}

async function oldestSequence(
  stream: KinesisStream,
  shard: Shard,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  let iterator = await stream.iterator(nameOf(shard), oldest, signal);
  while (iterator !== undefined) {
    const page = await stream.page(iterator, signal);
    if (page === 'expired') return undefined;
    const first = page.records[0]?.SequenceNumber;
    if (first !== undefined || page.isAtTip) return first;
    iterator = page.next;
  }
  return undefined;
}
