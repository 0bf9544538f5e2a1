import type { EventPage, StoredEvent } from '@isostream/core/adapter';

/** The page itself, but for what is given. */
export function pageWith(page: EventPage, changes: Partial<Omit<EventPage, 'room'>>): EventPage {
  return {
    get room() {
      return page.room;
    },
    add: (event) => page.add(event),
    gap: (gap) => page.gap(gap),
    end: () => page.end(),
    ...changes,
  };
}

/** The page, with everything told that is added to it. */
export function watching(page: EventPage, added: (event: StoredEvent) => void): EventPage {
  return pageWith(page, {
    add(event) {
      const isTaken = page.add(event);
      if (isTaken) added(event);
      return isTaken;
    },
  });
}
