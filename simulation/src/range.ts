import type { OpenRange, Range, RangeCursor, EventPage, StoredEvent } from '@isostream/core/adapter';
import { below } from '@isostream/conformance/checks';
import type { Process } from './process.ts';
import type { SimulatedService } from './service.ts';

interface RangeOptions {
  readonly service: SimulatedService;
  readonly process: Process;
  readonly eventsPerRead: number;
  /** Gets the place of everything in the range. */
  readonly stored: Set<string>;
}

/** A bounded read without a group: everything that is stored when it begins. */
export async function openRange(options: RangeOptions, { topic }: Range): Promise<OpenRange> {
  const { service, process, stored } = options;
  await service.turmoil.pass(process);
  const cursors = service.logs(topic).map((log, index) => {
    const events = log.events.slice(log.start);
    for (const { position } of events) stored.add(`${index}/${position}`);
    return new LogCursor(options, String(index), events);
  });
  return { cursors, close: async () => undefined };
}

class LogCursor implements RangeCursor {
  readonly partition: string;
  readonly #options: RangeOptions;
  readonly #events: readonly StoredEvent[];
  #next = 0;

  constructor(options: RangeOptions, partition: string, events: readonly StoredEvent[]) {
    this.#options = options;
    this.partition = partition;
    this.#events = events;
  }

  async read(page: EventPage): Promise<void> {
    const { service, process, eventsPerRead } = this.#options;
    const { turmoil } = service;
    await turmoil.pass(process);
    if (this.#next === this.#events.length) {
      page.end();
      return;
    }
    for (const event of this.#events.slice(this.#next, this.#next + eventsPerRead)) {
      if (!page.add(event)) break;
      this.#next++;
    }
    await turmoil.hops(below(turmoil.random, 3));
  }
}
