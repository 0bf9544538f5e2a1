import type { Cursor, EventPage } from '@isostream/core/adapter';
import type { Fetcher } from './fetcher.ts';
import type { PartitionCursor } from './partition-cursor.ts';

export interface ReaderParts {
  readonly cursor: PartitionCursor;
  readonly fetcher: Pick<Fetcher, 'pump' | 'unreadable' | 'unpacker'>;
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
    const { cursor, fetcher } = this.#parts;
    if (cursor.isHungry) {
      fetcher.pump();
      await cursor.changed(signal);
    }
    if (cursor.isPacked) await cursor.unpack(fetcher.unpacker);
    if (cursor.unreadable !== undefined) await fetcher.unreadable(cursor, cursor.unreadable);
    if (signal.aborted) return;
    cursor.handTo(page);
    // The next fetch is on its way while this one is handled.
    if (cursor.isHungry) fetcher.pump();
  }
}
