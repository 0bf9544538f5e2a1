import {
  type Lane,
  type Mark,
  type ReadResult,
  type Room,
  sleep,
  StreamError,
  systemClock,
} from '@isostream/core/adapter';
import type { Cursor } from './cursor.ts';
import type { Fetcher } from './fetcher.ts';

export interface LaneParts {
  readonly cursor: Cursor;
  readonly fetcher: Fetcher;
  readonly fencingToken: string | undefined;
  /** False once the session must be over, for good: what is at hand may be somebody else's by now. */
  readonly isHeld: () => boolean;
  readonly commit: (next: bigint) => Promise<void>;
}

/** One assigned partition, or one partition of a range. */
export class KafkaLane implements Lane {
  readonly partition: string;
  readonly fencingToken: string | undefined;
  readonly #parts: LaneParts;

  constructor(parts: LaneParts) {
    this.#parts = parts;
    this.partition = String(parts.cursor.partition);
    this.fencingToken = parts.fencingToken;
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
    // Whoever tells that it is lost needs a turn of the event loop.
    if (!isHeld()) await sleep(systemClock, 50, signal).catch(() => undefined);
    if (signal.aborted || !isHeld()) return [];
    const result = cursor.take(room);
    // The next fetch is on its way while this one is handled.
    if (cursor.isHungry) fetcher.pump();
    return result;
  }

  commit({ position }: Mark): Promise<void> {
    return this.#parts.commit(BigInt(position) + 1n);
  }

  async settle(): Promise<void> {
    throw new StreamError('internal', 'positions are committed, not single events', { where: 'kafka' });
  }
}
