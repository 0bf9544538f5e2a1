import type { Shard } from '@aws-sdk/client-kinesis';
import { describe, expect, it } from 'vitest';
import { inOrder, nameOf, successorsOf, toPartition } from '../src/consume/shards.ts';

function shard(name: string, ...parents: readonly string[]): Shard {
  const [parent, adjacent] = parents;
  return {
    ShardId: name,
    HashKeyRange: undefined,
    SequenceNumberRange: undefined,
    ...(parent === undefined ? {} : { ParentShardId: parent }),
    ...(adjacent === undefined ? {} : { AdjacentParentShardId: adjacent }),
  };
}

const successorNames = (name: string, shards: readonly Shard[]): string[] =>
  successorsOf(name, shards).map(({ partition }) => partition);

describe('shards', () => {
  it('wait for what they were split or merged from', () => {
    expect(toPartition(shard('a'))).toEqual({ partition: 'a', after: [] });
    expect(toPartition(shard('b', 'a'))).toEqual({ partition: 'b', after: ['a'] });
    expect(toPartition(shard('d', 'b', 'c'))).toEqual({ partition: 'd', after: ['b', 'c'] });
  });

  it('are put in an order in which parents come first', () => {
    const shards = [shard('d', 'b', 'c'), shard('c', 'a'), shard('b', 'a'), shard('a')];

    expect(inOrder(shards).map(nameOf)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('are followed by both children of a split, from their beginning', () => {
    const shards = [shard('a'), shard('b', 'a'), shard('c', 'a'), shard('x')];

    expect(successorsOf('a', shards)).toEqual([
      { partition: 'b', after: ['a'], position: 'TRIM_HORIZON' },
      { partition: 'c', after: ['a'], position: 'TRIM_HORIZON' },
    ]);
  });

  it('are followed by a merge together with its other parent, which may be too young to have a lease', () => {
    // "a" and "p" were merged right after "p" was split off "o", which is still being read.
    const shards = [shard('m', 'a', 'p'), shard('p', 'o'), shard('o'), shard('a')];

    expect(successorNames('a', shards)).toEqual(['o', 'p', 'm']);
  });

  it('that nothing follows yet have no successors', () => {
    expect(successorNames('a', [shard('a'), shard('b')])).toEqual([]);
  });
});
