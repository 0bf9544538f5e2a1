import type { ReadResult, Room, StoredEvent } from '@isostream/core/adapter';

/** Room for so many events. */
export function roomFor(events: number): Room {
  let left = events;
  return { take: () => left-- > 0 };
}

export const plenty: Room = { take: () => true };

export function eventsOf(result: ReadResult): readonly StoredEvent[] {
  if (result === 'end' || 'gap' in result) throw new Error(`no events, but ${JSON.stringify(result)}`);
  return result;
}

export function textsOf(result: ReadResult): string[] {
  return eventsOf(result).map(textOf);
}

function textOf({ value }: StoredEvent): string {
  return Buffer.from(value ?? []).toString();
}
