import type { Adapter } from '../contract/adapter.ts';
import type { Assignment, Range, Room } from '../contract/source.ts';
import { Warnings } from '../observe/warnings.ts';
import { sizeOf, type StoredEvent } from '../model/encoded.ts';
import { systemClock } from '../time/clock.ts';
import { linkedSignal } from '../time/on-abort.ts';
import { turnsOf } from '../time/turns.ts';
import { retryingRange } from './retrying-source.ts';

/** Every stored event of a range, in order within each partition, one page at a time. */
export async function* readRange(adapter: Adapter, range: Range, signal?: AbortSignal): AsyncIterable<StoredEvent> {
  const turns = turnsOf(systemClock);
  const stop = new AbortController();
  const { signal: linked, unlink } = linkedSignal([signal, stop.signal]);
  const assignments: Assignment[] = [];
  let wake: (() => void) | undefined;
  let over = false;
  const listener = {
    assigned: (assignment: Assignment): void => {
      assignments.push(assignment);
      wake?.();
    },
    revoking: async (): Promise<void> => undefined,
    lost: (): void => undefined,
  };
  const { name: where } = adapter;
  const what = `reading topic "${range.topic}"`;
  const running = retryingRange(() => adapter.createReader(range), { what, where, warnings: new Warnings(where) })
    .run(listener, linked)
    .finally(() => {
      over = true;
      wake?.();
    });
  // Awaited below; until then a failure must not count as unhandled.
  running.catch(() => undefined);
  try {
    for (;;) {
      const assignment = assignments.shift();
      if (assignment === undefined) {
        if (over) break;
        await new Promise<void>((resolve) => (wake = resolve));
        continue;
      }
      const result = await assignment.read(page(), linked);
      if (result === 'end') continue;
      assignments.push(assignment);
      if ('gap' in result) continue;
      for (const event of result) {
        // Letters may be in it: whoever asked for all of them is told.
        if (event.unreadable !== undefined) throw event.unreadable;
        yield event;
        if (turns.isOver) await turns.pause();
      }
    }
    await running;
  } finally {
    stop.abort();
    await running.catch(() => undefined);
    unlink();
  }
}

/** Room for 500 events or 4 MB, and for one event in any case. */
function page(): Room {
  let events = 0;
  let bytes = 0;
  return {
    take(event): boolean {
      bytes += sizeOf(event);
      return events++ === 0 || (events <= 500 && bytes <= 4_194_304);
    },
  };
}
