import type { Gap, OpenRange, Range, RangeCursor, ReadResult, Room, StoredEvent } from '@isostream/core/adapter';
import type { MemoryBroker } from '../broker.ts';
import { startOf } from '../group.ts';
import type { PartitionLog } from '../partition-log.ts';

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
  readonly #events: readonly StoredEvent[];
  #gap: Gap | undefined;
  #next = 0;

  constructor(log: PartitionLog, start: number, before: number) {
    this.partition = log.name;
    this.#events = log.since(start).filter((event) => event.timestamp < before);
    const missing = log.start - start;
    if (missing > 0) this.#gap = { gap: true, from: String(start), to: String(log.start), missing };
  }

  async read(room: Room): Promise<ReadResult> {
    const gap = this.#gap;
    if (gap !== undefined) {
      this.#gap = undefined;
      return gap;
    }
    if (this.#next === this.#events.length) return 'end';
    const from = this.#next;
    for (let event = this.#events[from]; event !== undefined && room.take(event); event = this.#events[this.#next])
      this.#next++;
    return this.#events.slice(from, this.#next);
  }
}
