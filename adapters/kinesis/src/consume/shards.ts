import type { Shard } from '@aws-sdk/client-kinesis';
import type { CoordinatedPartition, Successor } from '@isostream/coordination';
import { formatPlace, oldest } from '../position.ts';

/** A shard as a partition: what it was split or merged from comes first, listed or not. */
export function toPartition(shard: Shard): CoordinatedPartition {
  return { partition: nameOf(shard), after: parentsOf(shard) };
}

export function nameOf({ ShardId: name = '' }: Shard): string {
  return name;
}

/** One for a child of a split, two for that of a merge. */
export function parentsOf({ ParentShardId: parent, AdjacentParentShardId: adjacent }: Shard): readonly string[] {
  return [parent, adjacent].filter((name) => name !== undefined);
}

/** Parents before children, otherwise in the order given. */
export function inOrder(shards: readonly Shard[]): readonly Shard[] {
  const byName = new Map(shards.map((shard) => [nameOf(shard), shard]));
  const ordered = new Set<Shard>();
  const begun = new Set<Shard>();
  const add = (shard: Shard): void => {
    if (begun.has(shard)) return;
    begun.add(shard);
    for (const parent of parentsOf(shard)) {
      const found = byName.get(parent);
      if (found !== undefined) add(found);
    }
    ordered.add(shard);
  };
  for (const shard of shards) add(shard);
  return [...ordered];
}

/**
 * What follows a shard that was read to its end, from its beginning on: its children, and before them whatever else they
 * come from. The other parent of a merge may be so young that nobody has given it a lease yet, and no lease would count as
 * read.
 */
export function successorsOf(name: string, shards: readonly Shard[]): readonly Successor[] {
  const byName = new Map(shards.map((shard) => [nameOf(shard), shard]));
  const wanted = new Set<Shard>();
  const want = (shard: Shard): void => {
    if (wanted.has(shard) || nameOf(shard) === name) return;
    wanted.add(shard);
    for (const parent of parentsOf(shard)) {
      const found = byName.get(parent);
      if (found !== undefined) want(found);
    }
  };
  for (const shard of shards) if (parentsOf(shard).includes(name)) want(shard);
  return inOrder([...wanted]).map((shard) => ({ ...toPartition(shard), position: formatPlace(oldest) }));
}
