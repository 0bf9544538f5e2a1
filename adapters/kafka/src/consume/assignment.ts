import {
  pause,
  type Assignment,
  type Mark,
  type Position,
  type ReadResult,
  type Room,
  StreamError,
} from '@isostream/core/adapter';
import type { Cursor } from './cursor.ts';
import type { Fetcher } from './fetcher.ts';

export interface LaneParts {
  readonly cursor: Cursor;
  readonly fetcher: Pick<Fetcher, 'pump' | 'unreadable' | 'unpacker'>;
  readonly fencingToken: string | undefined;
  /** False once the session must be over, permanently: what is at hand may be somebody else's by now. */
  readonly isHeld: () => boolean;
  readonly commit: (next: bigint) => Promise<void>;
}

/** One assigned partition, or one partition of a range. */
export class KafkaAssignment implements Assignment {
  readonly partition: string;
  readonly fencingToken: string | undefined;
  readonly #parts: LaneParts;
  /** What core was given last; nothing yet at first. */
  #last: Position | typeof gap | undefined;
  /** Up to which core has settled everything. */
  #settled: Position | undefined;
  #committed: bigint;
  #passing: Promise<void> | undefined;

  constructor(parts: LaneParts) {
    this.#parts = parts;
    this.partition = String(parts.cursor.partition);
    this.fencingToken = parts.fencingToken;
    this.#committed = parts.cursor.next;
  }

  get isHeld(): boolean {
    return this.#parts.isHeld();
  }

  async read(room: Room, signal: AbortSignal): Promise<ReadResult> {
    const { cursor, fetcher, isHeld } = this.#parts;
    if (cursor.isHungry) {
      fetcher.pump();
      await cursor.changed(signal);
    }
    if (cursor.isPacked) await cursor.unpack(fetcher.unpacker);
    if (cursor.unreadable !== undefined) await fetcher.unreadable(cursor, cursor.unreadable);
    // Whoever tells that it is lost needs a turn of the event loop.
    if (!isHeld()) await pause(50, signal);
    if (signal.aborted || !isHeld()) return [];
    const result = cursor.take(room);
    this.#handedOver(result);
    // The next fetch is on its way while this one is handled.
    if (cursor.isHungry) fetcher.pump();
    return result;
  }

  async commit({ position }: Mark): Promise<void> {
    // One commit at a time, so that none is overtaken.
    await this.#passing;
    const behind = BigInt(position) + 1n;
    const isAll = position === this.#last && this.#parts.cursor.isHungry;
    await this.#commit(isAll ? this.#parts.cursor.next : behind);
    this.#settled = position;
    this.#passOver();
  }

  async settle(): Promise<void> {
    throw new StreamError('internal', 'positions are committed, not single events', { where: 'kafka' });
  }

  #handedOver(result: ReadResult): void {
    if (result === 'end') return;
    if ('gap' in result) this.#last = gap;
    else if (result.length > 0) this.#last = result.at(-1)?.position;
    else this.#passOver();
  }

  /**
   * What holds no event (marks of transactions, aborted events, what compaction left) is nobody's to settle: once nothing
   * before it is open, the group's position goes behind it. Else it would count as lag, and once retention removed it the
   * group would seem to have missed something.
   */
  #passOver(): void {
    const { cursor } = this.#parts;
    if (this.#passing !== undefined || this.#settled !== this.#last) return;
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

/** In place of the position of the last event: what was missed may not be passed over. */
const gap = Symbol('gap');
