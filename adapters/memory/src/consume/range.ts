import { EventBacklog, type OpenRange, type EventPage, type Range, type RangeCursor } from '@isostream/core/adapter';
import type { MemoryBroker } from '../service/broker.ts';
import { startOf } from '../service/group.ts';
import type { PartitionLog } from '../service/partition-log.ts';

/** A bounded read without a group. */
export function openRange(broker: MemoryBroker, { topic, from, to }: Range): OpenRange {
  broker.checkReach();
  const cursors = broker.topic(topic).logs.flatMap((log) => {
    const start =
      from === 'earliest' || from === 'latest' || from instanceof Date
        ? startOf(log, from)
        : Number(from.get(log.name) ?? Number.NaN);
    return Number.isNaN(start) ? [] : [new LogCursor(log, start, to === 'now' ? Infinity : to.getTime())];
  });
  return { cursors, close: async () => undefined };
}

/** The events of a partition as they stood when the range was asked for. */
class LogCursor implements RangeCursor {
  readonly partition: string;
  readonly #backlog = new EventBacklog();

  constructor(log: PartitionLog, start: number, before: number) {
    this.partition = log.name;
    const missing = log.start - start;
    if (missing > 0) this.#backlog.gap({ from: String(start), to: String(log.start), missing });
    this.#backlog.add(log.since(start).filter((event) => event.timestamp < before));
  }

  async read(page: EventPage): Promise<void> {
    if (this.#backlog.isEmpty) page.end();
    this.#backlog.handTo(page);
  }
}
