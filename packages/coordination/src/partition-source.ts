import type { Lane, Position } from '@isostream/core/adapter';
import type { HeldLease } from './held-lease.ts';
import type { CoordinatedPartition, Lease } from './lease.ts';

/** An adapter's side of coordination: which partitions there are, where a group starts in one, how one is read. */
export interface PartitionSource {
  /**
   * The topic's partitions, all of them. What it leaves out twice in a row, and has been read to its end, is forgotten.
   * Rejects with what needs a person (`unknown-topic`), or with a retryable error.
   */
  list(signal: AbortSignal): Promise<readonly CoordinatedPartition[]>;
  /**
   * Where the group starts in a partition that has no lease: asked once, before anybody reads it, and stored with the
   * lease, so that `latest` stays what it was when the group came. With no lease at all in `known` the group is new; a
   * partition that appears later should start at its beginning.
   */
  start(partition: CoordinatedPartition, known: readonly Lease[], signal: AbortSignal): Promise<Position>;
  /** A fresh lane that reads from `held.position`, commits by `held.commit`, and ends with `held.finish`. Does no I/O yet. */
  open(held: HeldLease): Lane;
}
