import type { Checkpoint, CheckpointStore, PartitionOwnership } from '@azure/event-hubs';

/** Where consumers of one group settle who reads what: claims hold only against the etag that they were made with. */
export class SharedCheckpoints implements CheckpointStore {
  readonly #claims = new Map<string, PartitionOwnership>();
  readonly #checkpoints = new Map<string, Checkpoint>();
  #version = 0;

  async listOwnership(): Promise<PartitionOwnership[]> {
    return [...this.#claims.values()];
  }

  async claimOwnership(wanted: PartitionOwnership[]): Promise<PartitionOwnership[]> {
    return wanted.flatMap((claim) => {
      if (this.#claims.get(claim.partitionId)?.etag !== claim.etag) return [];
      this.#version += 1;
      const made = { ...claim, etag: String(this.#version), lastModifiedTimeInMs: Date.now() };
      this.#claims.set(claim.partitionId, made);
      return [made];
    });
  }

  async updateCheckpoint(checkpoint: Checkpoint): Promise<void> {
    this.#checkpoints.set(checkpoint.partitionId, checkpoint);
  }

  async listCheckpoints(): Promise<Checkpoint[]> {
    return [...this.#checkpoints.values()];
  }
}
