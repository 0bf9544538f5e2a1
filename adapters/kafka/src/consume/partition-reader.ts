import { type Cursor, type EventPage, pause } from '@isostream/core/adapter';
import type { Fetcher } from './fetcher.ts';
import type { PartitionCursor } from './partition-cursor.ts';

export interface ReaderParts {
  readonly cursor: PartitionCursor;
  readonly fetcher: Pick<Fetcher, 'pump' | 'unreadable' | 'unpacker'>;
  /** False once the session must be over, permanently: what is at hand may be somebody else's by now. */
  readonly isHeld?: () => boolean;
}

/** Reads one partition for as long as it may: what was fetched of it, and then what the next fetch brings. */
export class PartitionReader implements Cursor {
  readonly partition: string;
  readonly #parts: ReaderParts;

  constructor(parts: ReaderParts) {
    this.partition = String(parts.cursor.partition);
    this.#parts = parts;
  }

  async read(page: EventPage, signal: AbortSignal): Promise<void> {
    const { cursor, fetcher, isHeld = () => true } = this.#parts;
    if (cursor.isHungry) {
      fetcher.pump();
      await cursor.changed(signal);
    }
    if (cursor.isPacked) await cursor.unpack(fetcher.unpacker);
    if (cursor.unreadable !== undefined) await fetcher.unreadable(cursor, cursor.unreadable);
    // Whoever tells that it is lost needs a turn of the event loop.
    if (!isHeld()) await pause(50, signal);
    if (signal.aborted || !isHeld()) return;
    cursor.handTo(page);
    // The next fetch is on its way while this one is handled.
    if (cursor.isHungry) fetcher.pump();
  }
}
