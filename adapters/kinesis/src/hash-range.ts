import type { Shard } from '@aws-sdk/client-kinesis';
import { StreamError } from '@isostream/core/adapter';

/** Hash keys are below this. */
const end = 1n << 128n;

/** Both ends belong to it. */
export interface HashRange {
  readonly start: bigint;
  readonly end: bigint;
}

export function rangeOf({ HashKeyRange: range }: Shard): HashRange {
  return { start: hashKey(range?.StartingHashKey, 0n), end: hashKey(range?.EndingHashKey, end - 1n) };
}

function hashKey(text: string | undefined, absent: bigint): bigint {
  if (text === undefined) return absent;
  if (/^\d{1,39}$/.test(text)) return BigInt(text);
  const message = `a shard has the hash key ${JSON.stringify(text)}, which is not a number. It is retried`;
  throw new StreamError('unavailable', message, { where: 'kinesis' });
}

/** Open shards take events; closed ones have an ending sequence number. */
export function isOpen({ SequenceNumberRange: range }: Shard): boolean {
  return range?.EndingSequenceNumber === undefined;
}

/** Where to split a range in halves: the start of the upper one. `undefined` for a range of one hash key. */
export function middleOf({ start, end: last }: HashRange): bigint | undefined {
  return last > start ? start + (last - start + 1n) / 2n : undefined;
}

/** The widest open shard: the one to split next. */
export function widest(shards: readonly Shard[]): Shard | undefined {
  let best: Shard | undefined;
  let bestSize = 0n;
  for (const shard of shards) {
    const { start, end: last } = rangeOf(shard);
    if (isOpen(shard) && last - start > bestSize) {
      best = shard;
      bestSize = last - start;
    }
  }
  return best;
}
