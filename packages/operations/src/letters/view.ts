import type { DeadLetter } from '@isostream/core';
import { type EventView, type Shown, viewOf } from '../event-view.ts';

/** A dead letter, with its event as text. */
export interface LetterView {
  /** Its place in the dead-letter topic. */
  readonly id: string;
  readonly topic: string;
  readonly group: string;
  readonly key: Shown;
  readonly type: string | null;
  readonly eventId: string | null;
  readonly code: string;
  readonly message: string;
  readonly attempts: number;
  readonly redrives: number;
  readonly firstFailure: string;
  readonly lastFailure: string;
  readonly origin: { readonly partition: string; readonly position: string; readonly time: string };
  /** Bytes that no adapter could read, which are never sent back; `null` of an event. */
  readonly unreadableBytes: number | null;
  readonly event: EventView;
}

export function letterView(letter: DeadLetter, topic: string): LetterView {
  const { id, group, error, attempts, redrives, firstFailure, lastFailure, origin, unreadableBytes, original } = letter;
  const event = viewOf({ ...original, time: origin.time }, origin);
  const { type, id: eventId } = event.attributes;
  return {
    id,
    topic,
    group,
    key: event.key,
    type: typeof type === 'string' ? type : null,
    eventId: typeof eventId === 'string' ? eventId : null,
    code: error.code,
    message: error.message,
    attempts,
    redrives,
    firstFailure: firstFailure.toISOString(),
    lastFailure: lastFailure.toISOString(),
    origin: { partition: origin.partition, position: origin.position, time: origin.time.toISOString() },
    unreadableBytes: unreadableBytes ?? null,
    event,
  };
}
