import {
  type Gap,
  type Assignment,
  type Range,
  type ReadResult,
  type Room,
  type Source,
  type SourceListener,
  type StoredEvent,
  StreamError,
  untilAborted,
} from '@isostream/core/adapter';
import type { MemoryBroker } from './broker.ts';
import { startOf } from './group.ts';
import type { PartitionLog } from './partition-log.ts';

/** A bounded read without a group. */
export class MemoryReader implements Source {
  readonly #broker: MemoryBroker;
  readonly #range: Range;

  constructor(broker: MemoryBroker, range: Range) {
    this.#broker = broker;
    this.#range = range;
  }

  async run(listener: SourceListener, signal: AbortSignal): Promise<void> {
    this.#broker.checkReach();
    const { topic, from, to } = this.#range;
    const assignments = this.#broker.topic(topic).logs.flatMap((log) => {
      const start =
        from === 'earliest' || from === 'latest' || from instanceof Date
          ? startOf(log, from)
          : Number(from.get(log.name) ?? Number.NaN);
      if (Number.isNaN(start)) return [];
      return [new RangeAssignment(log, start, to === 'now' ? Infinity : to.getTime())];
    });
    for (const assignment of assignments) listener.assigned(assignment);
    // It rejects only with the abort, which is looked at below.
    await untilAborted(Promise.all(assignments.map((assignment) => assignment.ended)), signal).catch(() => undefined);
    if (signal.aborted) await Promise.all(assignments.map((assignment) => listener.revoking(assignment)));
  }
}

/** The events of a partition as they stood when the range was asked for. */
class RangeAssignment implements Assignment {
  readonly partition: string;
  readonly fencingToken = undefined;
  readonly ended: Promise<void>;
  readonly #events: readonly StoredEvent[];
  #gap: Gap | undefined;
  #next = 0;
  #finish: () => void = () => undefined;

  constructor(log: PartitionLog, start: number, before: number) {
    this.partition = log.name;
    this.#events = log.since(start).filter((event) => event.timestamp < before);
    const missing = log.start - start;
    if (missing > 0) this.#gap = { gap: true, from: String(start), to: String(log.start), missing };
    this.ended = new Promise((resolve) => (this.#finish = resolve));
  }

  async read(room: Room): Promise<ReadResult> {
    const gap = this.#gap;
    if (gap !== undefined) {
      this.#gap = undefined;
      return gap;
    }
    if (this.#next === this.#events.length) {
      this.#finish();
      return 'end';
    }
    const from = this.#next;
    for (let event = this.#events[from]; event !== undefined && room.take(event); event = this.#events[this.#next])
      this.#next++;
    return this.#events.slice(from, this.#next);
  }

  async commit(): Promise<void> {}

  async settle(): Promise<void> {
    throw new StreamError('internal', 'a range settles nothing', { where: 'memory' });
  }
}
