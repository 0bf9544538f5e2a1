import type { HeldLease } from '@isostream/coordination';
import type { WatermarkAssignment } from '@isostream/core/adapter';

/** A share of the outbox that this relay holds, in the form in which members hold partitions. Nothing is read by it. */
export class Share implements WatermarkAssignment {
  readonly partition: string;
  readonly shard: number;
  readonly fencingToken: string;
  readonly #held: HeldLease;
  isLeaving = false;

  constructor(held: HeldLease) {
    this.partition = held.partition;
    this.shard = Number(held.partition);
    this.fencingToken = String(held.token);
    this.#held = held;
  }

  /** Whether its rows may be sent, also by this process's own clock. */
  get isOpen(): boolean {
    return !this.isLeaving && this.#held.isHeld;
  }

  /** Aborted when it is another's. */
  get signal(): AbortSignal {
    return this.#held.signal;
  }

  read(): Promise<void> {
    return Promise.resolve();
  }

  commit(): Promise<void> {
    return Promise.resolve();
  }
}
