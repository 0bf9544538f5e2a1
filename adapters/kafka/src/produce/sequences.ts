import type { LaneBatch } from '@isostream/core/adapter';

interface Assigned<Identity> {
  readonly identity: Identity;
  readonly first: number;
  /** An attempt of it ended without an answer: it may be stored. */
  isDoubtful: boolean;
}

interface Lane<Identity> {
  readonly identity: Identity;
  next: number;
}

/** Sequences wrap to 0 behind it. Source: Kafka's record format. */
const lastSequence = 0x7fffffff;

/**
 * Numbers the batches of each partition, as an idempotent producer must: pure.
 * A batch has its number from its first attempt until it is stored, surely not stored, or given up.
 */
export class Sequences<Identity> {
  readonly #lanes = new Map<string, Lane<Identity>>();
  readonly #assigned = new WeakMap<LaneBatch, Assigned<Identity>>();

  /** Numbers a batch that has no number; under the given identity where its partition has none. */
  assign(batch: LaneBatch, identity: Identity): void {
    if (this.#assigned.has(batch)) return;
    let lane = this.#lanes.get(batch.lane);
    if (lane === undefined) this.#lanes.set(batch.lane, (lane = { identity, next: 0 }));
    this.#assigned.set(batch, { identity: lane.identity, first: lane.next, isDoubtful: false });
    lane.next = advance(lane.next, batch.events.length);
  }

  first(batch: LaneBatch): number {
    return this.#assigned.get(batch)?.first ?? 0;
  }

  byIdentity(batches: readonly LaneBatch[]): Map<Identity, LaneBatch[]> {
    const groups = new Map<Identity, LaneBatch[]>();
    for (const batch of batches) {
      const identity = this.#assigned.get(batch)?.identity;
      if (identity === undefined) continue;
      const group = groups.get(identity);
      if (group === undefined) groups.set(identity, [batch]);
      else group.push(batch);
    }
    return groups;
  }

  isDoubtful(batch: LaneBatch): boolean {
    return this.#assigned.get(batch)?.isDoubtful === true;
  }

  doubt(batch: LaneBatch): void {
    const assigned = this.#assigned.get(batch);
    if (assigned !== undefined) assigned.isDoubtful = true;
  }

  stored(batch: LaneBatch): void {
    this.#assigned.delete(batch);
  }

  /** The batch was surely not stored: its number is free for whatever comes next in its partition. */
  takeBack(batch: LaneBatch): void {
    const assigned = this.#assigned.get(batch);
    const lane = this.#lanes.get(batch.lane);
    if (assigned === undefined) return;
    if (lane?.identity === assigned.identity) lane.next = assigned.first;
    this.#assigned.delete(batch);
  }

  /** The broker follows this partition's numbers no more: the batch and all after it start again under another identity. */
  renew(batch: LaneBatch): void {
    this.#assigned.delete(batch);
    this.#lanes.delete(batch.lane);
  }

  /** The batch is given up. True if it may be stored: then its partition needs another identity. */
  abandon(batch: LaneBatch): boolean {
    const isNumbered = this.#assigned.has(batch);
    if (isNumbered) this.renew(batch);
    return isNumbered;
  }
}

function advance(sequence: number, count: number): number {
  const next = sequence + count;
  return next > lastSequence ? next - lastSequence - 1 : next;
}
