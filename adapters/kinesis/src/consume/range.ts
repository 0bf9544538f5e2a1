import type { Shard } from '@aws-sdk/client-kinesis';
import type { OpenRange, Position, Range } from '@isostream/core/adapter';
import { isOpen } from '../hash-range.ts';
import { end, oldest, parsePlace, type Place } from '../position.ts';
import type { ConsumeParts } from './parts.ts';
import { endless } from './patience.ts';
import { ShardCursor } from './shard-cursor.ts';
import { inOrder, nameOf, parentsOf } from './shards.ts';
import { endOf, startOf } from './starts.ts';
import { KinesisStream } from './stream.ts';

/** A bounded read without a group: where each shard's part of the range begins and ends now; each after what it was split or merged from. */
export async function openRange(
  parts: ConsumeParts,
  { topic, from, to }: Range,
  signal: AbortSignal,
): Promise<OpenRange> {
  const { clock, settings } = parts;
  const stream = new KinesisStream(topic, parts);
  const shards = inOrder(await stream.shards(signal));
  const look = { stream, shards, clock, patience: endless(signal) };
  const chosen = typeof from === 'string' || from instanceof Date ? undefined : withChildren(shards, from);
  const before = to === 'now' ? Infinity : to.getTime();
  const cursors = shards
    .filter((shard) => chosen?.has(nameOf(shard)) !== false)
    .map(async (shard) => {
      const until = isOpen(shard) ? await endOf(look, shard) : end;
      const start =
        typeof from === 'string' || from instanceof Date
          ? await startOf(look, shard, from)
          : (chosen?.get(nameOf(shard)) ?? oldest);
      const [name, after] = [nameOf(shard), parentsOf(shard)];
      return new ShardCursor({ stream, shard: name, after, start, until, before, clock, settings });
    });
  return { cursors: await Promise.all(cursors), close: async () => undefined };
}

/** The shards that positions name, and whatever was split or merged from them since: that comes from its beginning. */
function withChildren(shards: readonly Shard[], from: ReadonlyMap<string, Position>): ReadonlyMap<string, Place> {
  const chosen = new Map<string, Place>();
  for (const shard of shards) {
    const position = from.get(nameOf(shard));
    if (position !== undefined) chosen.set(nameOf(shard), parsePlace(position));
    // A shard that is named may be gone, and what was made of it still there.
    else if (parentsOf(shard).some((parent) => chosen.has(parent) || from.has(parent)))
      chosen.set(nameOf(shard), oldest);
  }
  return chosen;
}
