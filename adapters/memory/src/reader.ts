import { type Lane, type Range, type ReadResult, type Room, type Source, type SourceListener, StreamError } from '@isostream/core/adapter';
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
    const { topic, from, to } = this.#range;
    const lanes = this.#broker.topic(topic).logs.flatMap((log) => {
      const start = from === 'earliest' || from === 'latest' || from instanceof Date ? startOf(log, from) : Number(from.get(log.name) ?? NaN);
      if (Number.isNaN(start)) return [];
      return [new RangeLane(log, start, log.end, to === 'now' ? Infinity : to.getTime())];
    });
    for (const lane of lanes) listener.assigned(lane);
    await Promise.race([Promise.all(lanes.map((lane) => lane.ended)), aborted(signal)]);
    if (signal.aborted) await Promise.all(lanes.map((lane) => listener.revoking(lane)));
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

class RangeLane implements Lane {
  readonly partition: string;
  readonly fencingToken = undefined;
  readonly ended: Promise<void>;
  readonly #log: PartitionLog;
  readonly #end: number;
  readonly #before: number;
  #next: number;
  #finish: () => void = () => undefined;

  constructor(log: PartitionLog, start: number, end: number, before: number) {
    this.partition = log.name;
    this.#log = log;
    this.#next = start;
    this.#end = end;
    this.#before = before;
    this.ended = new Promise((resolve) => (this.#finish = resolve));
  }

  async read(room: Room): Promise<ReadResult> {
    const result = this.#next >= this.#end ? [] : this.#log.read(this.#next, room);
    if ('gap' in result) {
      this.#next = Number(result.to);
      return result;
    }
    const last = result.at(-1);
    if (last === undefined) {
      this.#finish();
      return 'end';
    }
    this.#next = Number(last.position) + 1;
    return result.filter((event) => Number(event.position) < this.#end && event.timestamp < this.#before);
  }

  async commit(): Promise<void> {}

  async settle(): Promise<void> {
    throw new StreamError('internal', 'a range settles nothing', { where: 'memory' });
  }
}
