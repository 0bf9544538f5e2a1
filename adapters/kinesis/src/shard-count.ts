import {
  type KinesisClient,
  ListShardsCommand,
  MergeShardsCommand,
  type Shard,
  SplitShardCommand,
  UpdateShardCountCommand,
} from '@aws-sdk/client-kinesis';
import { abortable, StreamError } from '@isostream/core/adapter';
import { isOpen, middleOf, rangeOf, widest } from './hash-range.ts';

/** All shards whose events are kept, closed ones as well. Throws for an answer that is none: no shard must be forgotten. */
export async function listShards(client: KinesisClient, name: string, signal?: AbortSignal): Promise<readonly Shard[]> {
  const shards: Shard[] = [];
  const tokens = new Set<string>();
  let next: string | undefined;
  do {
    // A following page is asked for by its token alone.
    const command = new ListShardsCommand(next === undefined ? { StreamName: name } : { NextToken: next });
    const answer = await client.send(command, abortable(signal));
    if (answer.Shards?.every(({ ShardId: id }) => id !== undefined && id !== '') !== true)
      throw malformed(name, 'a shard without a name, or no shards');
    shards.push(...answer.Shards);
    next = answer.NextToken;
    if (next !== undefined && tokens.has(next)) throw malformed(name, 'the same page again and again');
    if (next !== undefined) tokens.add(next);
  } while (next !== undefined);
  return shards;
}

function malformed(stream: string, what: string): StreamError {
  const message = `stream "${stream}": the answer to ListShards has ${what}. It is retried`;
  return new StreamError('unavailable', message, { where: 'kinesis' });
}

/** Open shards in the order of their hash ranges. */
export function openShards(shards: readonly Shard[]): readonly Shard[] {
  return shards.filter(isOpen).toSorted((a, b) => (rangeOf(a).start < rangeOf(b).start ? -1 : 1));
}

export type Reshard = SplitShardCommand | MergeShardsCommand | UpdateShardCountCommand;

/**
 * The next call on the way to so many open shards: pure; `undefined` when there. Doubling and halving are one call of the
 * service. Anything else goes shard by shard, which moves no key that needs not move.
 */
export function nextReshard(name: string, shards: readonly Shard[], wanted: number): Reshard | undefined {
  const open = openShards(shards);
  if (open.length === wanted) return undefined;
  if (open.length * 2 === wanted)
    return new UpdateShardCountCommand({
      StreamName: name,
      TargetShardCount: wanted,
      ScalingType: 'UNIFORM_SCALING',
    });
  if (open.length > wanted) return mergeNarrowest(name, open);
  const shard = widest(open);
  const middle = shard === undefined ? undefined : middleOf(rangeOf(shard));
  if (shard?.ShardId === undefined || middle === undefined) return undefined;
  return new SplitShardCommand({ StreamName: name, ShardToSplit: shard.ShardId, NewStartingHashKey: String(middle) });
}

/** Neighbours that are narrowest together. */
function mergeNarrowest(name: string, open: readonly Shard[]): MergeShardsCommand | undefined {
  let best: readonly [string, string] | undefined;
  let bestSize = -1n;
  for (const [index, upper] of open.entries()) {
    const lower = open[index - 1];
    if (lower?.ShardId === undefined || upper.ShardId === undefined) continue;
    const size = rangeOf(upper).end - rangeOf(lower).start;
    if (bestSize >= 0n && size >= bestSize) continue;
    best = [lower.ShardId, upper.ShardId];
    bestSize = size;
  }
  if (best === undefined) return undefined;
  return new MergeShardsCommand({ StreamName: name, ShardToMerge: best[0], AdjacentShardToMerge: best[1] });
}
