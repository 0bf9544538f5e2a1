import { MergeShardsCommand, type Shard, SplitShardCommand, UpdateShardCountCommand } from '@aws-sdk/client-kinesis';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isOpen, rangeOf } from '../src/hash-range.ts';
import { nextReshard, openShards } from '../src/shard-count.ts';

const all = 1n << 128n;

describe('the way to another number of shards', () => {
  it('arrives, covers every hash key all the time, and ends', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 40 }), (from, to) => {
        let shards = evenShards(from);
        let calls = 0;
        for (let next = nextReshard('s', shards, to); next !== undefined; next = nextReshard('s', shards, to)) {
          shards = carriedOut(shards, next);
          expect(gaps(shards)).toEqual([]);
          expect(++calls).toBeLessThanOrEqual(40);
        }
        expect(openShards(shards)).toHaveLength(to);
      }),
    );
  });

  it('to twice as many is one call', () => {
    expect(nextReshard('s', evenShards(4), 8)).toBeInstanceOf(UpdateShardCountCommand);
  });

  it('splits the widest and merges the narrowest neighbours', () => {
    const grown = carriedOut(evenShards(2), nextReshard('s', evenShards(2), 3));
    const next = nextReshard('s', grown, 4);
    expect(next).toBeInstanceOf(SplitShardCommand);
    expect(next?.input).toMatchObject({ ShardToSplit: '1' });
    const back = nextReshard('s', grown, 2);
    expect(back).toBeInstanceOf(MergeShardsCommand);
    expect(back?.input).toMatchObject({ ShardToMerge: '2', AdjacentShardToMerge: '3' });
  });
});

function shard(id: number, start: bigint, end: bigint): Shard {
  return {
    ShardId: String(id),
    HashKeyRange: { StartingHashKey: String(start), EndingHashKey: String(end) },
    SequenceNumberRange: { StartingSequenceNumber: '1' },
  };
}

function evenShards(count: number): readonly Shard[] {
  const size = all / BigInt(count);
  return Array.from({ length: count }, (_, index) =>
    shard(index, size * BigInt(index), index === count - 1 ? all - 1n : size * BigInt(index + 1) - 1n),
  );
}

function closed(one: Shard): Shard {
  return { ...one, SequenceNumberRange: { StartingSequenceNumber: '1', EndingSequenceNumber: '2' } };
}

function carriedOut(shards: readonly Shard[], command: ReturnType<typeof nextReshard>): readonly Shard[] {
  if (command instanceof UpdateShardCountCommand) {
    const fresh = evenShards(command.input.TargetShardCount ?? 0);
    return [...shards.map(closed), ...fresh.map((one, index) => ({ ...one, ShardId: String(shards.length + index) }))];
  }
  if (command instanceof SplitShardCommand) {
    const parent = shards.find(({ ShardId: id }) => id === command.input.ShardToSplit);
    if (parent === undefined) throw new Error('a shard is split that is not there');
    const { start, end } = rangeOf(parent);
    const middle = BigInt(command.input.NewStartingHashKey ?? 0);
    return [
      ...shards.map((one) => (one === parent ? closed(one) : one)),
      shard(shards.length, start, middle - 1n),
      shard(shards.length + 1, middle, end),
    ];
  }
  const ids = [command?.input.ShardToMerge, command?.input.AdjacentShardToMerge];
  const parents = shards.filter(({ ShardId: id }) => ids.includes(id)).map(rangeOf);
  const start = parents.reduce((least, range) => (range.start < least ? range.start : least), all);
  const end = parents.reduce((most, range) => (range.end > most ? range.end : most), 0n);
  return [...shards.map((one) => (ids.includes(one.ShardId) ? closed(one) : one)), shard(shards.length, start, end)];
}

function gaps(shards: readonly Shard[]): string[] {
  const found: string[] = [];
  let next = 0n;
  for (const { start, end } of openShards(shards.filter(isOpen)).map(rangeOf)) {
    if (start !== next) found.push(`${start} after ${next}`);
    next = end + 1n;
  }
  return next === all ? found : [...found, `ends at ${next}`];
}
