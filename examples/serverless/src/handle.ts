import { decodeEvent, StreamError, type StoredRecord } from '@isostream/core';
import { type OrderEvent, orders } from './topics.ts';

/** What a function does with an event. What it throws has the platform send the event again. */
export type HandleOrder = (event: OrderEvent) => unknown;

/** What becomes of a record that no attempt can read: log it, or put it in a queue of its own. */
export type Refused = (record: StoredRecord, error: StreamError) => unknown;

/** Decodes one record and handles it; a record that cannot be read is refused, so that it does not come again for ever. */
export async function handleRecord(record: StoredRecord, handle: HandleOrder, refused: Refused): Promise<void> {
  let event: OrderEvent;
  try {
    event = await decodeEvent(orders, record);
  } catch (error) {
    if (!StreamError.is(error) || error.retryable) throw error;
    await refused(record, error);
    return;
  }
  await handle(event);
}
