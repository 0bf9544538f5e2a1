import type { Mark, EventPage, Position, WatermarkAssignment } from '@isostream/core/adapter';
import type { PartitionCursor } from './partition-cursor.ts';
import type { Fetcher } from './fetcher.ts';
import { PartitionReader } from './partition-reader.ts';

export interface AssignmentParts {
  readonly cursor: PartitionCursor;
  readonly fetcher: Pick<Fetcher, 'pump' | 'unreadable' | 'unpacker'>;
  readonly fencingToken: string | undefined;
  /** False once the session must be over, permanently: what is at hand may be somebody else's by now. */
  readonly isHeld: () => boolean;
  readonly commit: (next: bigint) => Promise<void>;
}

/** One assigned partition. */
export class KafkaAssignment implements WatermarkAssignment {
  readonly partition: string;
  readonly fencingToken: string | undefined;
  readonly #parts: AssignmentParts;
  readonly #reader: PartitionReader;
  /** Up to which core has settled everything. */
  #settled: Position | undefined;
  #committed: bigint;
  #passing: Promise<void> | undefined;

  constructor(parts: AssignmentParts) {
    this.#parts = parts;
    this.#reader = new PartitionReader(parts);
    this.partition = this.#reader.partition;
    this.fencingToken = parts.fencingToken;
    this.#committed = parts.cursor.next;
  }

  get isHeld(): boolean {
    return this.#parts.isHeld();
  }

  async read(page: EventPage, signal: AbortSignal): Promise<void> {
    await this.#reader.read(page, signal);
    if (!signal.aborted && this.isHeld) this.#passOver();
  }

  async commit({ position }: Mark): Promise<void> {
    // One commit at a time, so that none is overtaken.
    await this.#passing;
    const behind = BigInt(position) + 1n;
    const { cursor } = this.#parts;
    const isAll = position === cursor.last && cursor.isHungry;
    await this.#commit(isAll ? cursor.next : behind);
    this.#settled = position;
    this.#passOver();
  }

  /**
   * What holds no event (marks of transactions, aborted events, what compaction left) is nobody's to settle: once nothing
   * before it is open, the group's position goes behind it. Else it would count as lag, and once retention removed it the
   * group would seem to have missed something.
   */
  #passOver(): void {
    const { cursor } = this.#parts;
    if (this.#passing !== undefined || this.#settled !== cursor.last) return;
    if (!cursor.isHungry || cursor.next <= this.#committed) return;
    const { next } = cursor;
    this.#passing = this.#commit(next)
      // The next commit tells why it failed, or takes it along.
      .catch(() => (this.#committed = next))
      .then(() => {
        this.#passing = undefined;
        this.#passOver();
      });
  }

  async #commit(next: bigint): Promise<void> {
    await this.#parts.commit(next);
    this.#committed = next;
  }
}
