import type { Adapter } from '../contract/adapter.ts';
import { CollectedPage } from '../consume/collected-page.ts';
import type { Range } from '../contract/source.ts';
import { Warnings } from '../observe/warnings.ts';
import type { StoredEvent } from '../model/encoded.ts';
import { systemClock } from '../time/clock.ts';
import { turnsOf } from '../time/turns.ts';
import { abortedBy } from '../time/wait.ts';
import { openRange, ready } from './range-source.ts';

const pageLimits = { events: 500, bytes: 4_194_304 };

/** Every stored event of a range, in order within each partition, one page at a time. */
export async function* readRange(
  adapter: Adapter,
  range: Range,
  signal: AbortSignal = new AbortController().signal,
): AsyncIterable<StoredEvent> {
  const turns = turnsOf(systemClock);
  const { name: where } = adapter;
  const options = { what: `reading topic "${range.topic}"`, where, warnings: new Warnings(where) };
  const opened = await openRange((until) => adapter.openRange(range, until), options, signal);
  if (opened === undefined) throw abortedBy(signal);
  try {
    const left = new Map(opened.cursors.map((cursor) => [cursor.partition, cursor]));
    while (left.size > 0) {
      // A page of each in turn: no partition waits for the whole of another.
      for (const cursor of ready(left.values(), new Set(left.keys()))) {
        const page = new CollectedPage(pageLimits);
        await cursor.read(page, signal);
        if (signal.aborted) throw abortedBy(signal);
        if (page.isEnd) left.delete(cursor.partition);
        for (const event of page.events) {
          // What is done with an event may change something: nothing of a page is handed over after a cancel.
          if (signal.aborted) throw abortedBy(signal);
          // Letters may be in it: whoever asked for all of them is told.
          if (event.unreadable !== undefined) throw event.unreadable;
          yield event;
          if (turns.isOver) await turns.pause();
        }
      }
    }
  } finally {
    await opened.close();
  }
}
