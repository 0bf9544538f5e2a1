import { CollectedPage, type Cursor, type StoredEvent } from '@isostream/core/adapter';
import type { ShardCursor } from '../../src/consume/shard-cursor.ts';

/** What a cursor has at hand, with room for so many events. */
export function take(cursor: ShardCursor, events: number = Infinity): CollectedPage {
  const page = new CollectedPage({ events });
  cursor.handTo(page);
  return page;
}

/** What one read hands over, with room for so many events. */
export async function read(cursor: Cursor, signal: AbortSignal, events: number = Infinity): Promise<CollectedPage> {
  const page = new CollectedPage({ events });
  await cursor.read(page, signal);
  return page;
}

export function textsOf({ events }: CollectedPage): string[] {
  return events.map(textOf);
}

function textOf({ value }: StoredEvent): string {
  return Buffer.from(value ?? []).toString();
}
