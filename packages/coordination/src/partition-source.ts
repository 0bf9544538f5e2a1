import type { WatermarkAssignment, Position } from '@isostream/core/adapter';
import type { HeldLease } from './held-lease.ts';
import type { CoordinatedPartition } from './lease.ts';
import type { Origin } from './origin.ts';

/** Where a group starts in a partition. */
export interface Beginning {
  readonly position: Position;
  /** Nothing of it is for the group: it had ended before the group came, and what continues it was listed with it. */
  readonly isFinished?: boolean;
}

/** An adapter's side of coordination: which partitions there are, where a group starts in one, how one is read. */
export interface PartitionSource {
  /**
   * The topic's partitions, all of them. What it leaves out twice in a row, and has been read to its end, is forgotten.
   * Rejects with errors that need operator action (`unknown-topic`), or with a retryable error.
   */
  list(signal: AbortSignal): Promise<readonly CoordinatedPartition[]>;
  /**
   * Where the group starts in a partition of the latest list that has no lease: asked before anybody reads it, and stored
   * with the lease, so that `latest` stays what it was when the group came.
   */
  start(partition: CoordinatedPartition, origin: Origin, signal: AbortSignal): Promise<Beginning>;
  /** A fresh assignment that reads from `held.position`, commits by `held.commit`, and ends with `held.finish`. Does no I/O yet. */
  open(held: HeldLease): WatermarkAssignment;
}
