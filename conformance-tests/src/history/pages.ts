import type { Page, StoredEvent } from '@isostream/core/adapter';

/** The page itself, but for what is given. */
export function pageWith(page: Page, changes: Partial<Omit<Page, 'room'>>): Page {
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
export function watching(page: Page, added: (event: StoredEvent) => void): Page {
  return pageWith(page, {
    add(event) {
      const isTaken = page.add(event);
      if (isTaken) added(event);
      return isTaken;
    },
  });
}
