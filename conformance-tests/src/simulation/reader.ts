import {
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
import { below } from '../run/random.ts';
import type { Process } from './process.ts';
import type { SimulatedService } from './service.ts';

interface ReaderOptions {
  readonly service: SimulatedService;
  readonly process: Process;
  readonly eventsPerRead: number;
  /** Gets the place of everything in the range. */
  readonly stored: Set<string>;
}

/** A bounded read without a group: everything that is stored when it begins. */
export class SimulatedReader implements Source {
  readonly #options: ReaderOptions;
  readonly #range: Range;

  constructor(options: ReaderOptions, range: Range) {
    this.#options = options;
    this.#range = range;
  }

  async run(listener: SourceListener, signal: AbortSignal): Promise<void> {
    const { service, process } = this.#options;
    await service.turmoil.pass(process);
    const assignments = service
      .logs(this.#range.topic)
      .map((log, index) => new RangeAssignment(this.#options, String(index), log.events.slice(log.start)));
    for (const assignment of assignments) {
      for (const position of assignment.positions) this.#options.stored.add(`${assignment.partition}/${position}`);
      listener.assigned(assignment);
    }
    // It rejects only with the abort, which is looked at below.
    await untilAborted(Promise.all(assignments.map((assignment) => assignment.ended)), signal).catch(() => undefined);
    if (signal.aborted) await Promise.all(assignments.map((assignment) => listener.revoking(assignment)));
  }
}

class RangeAssignment implements Assignment {
  readonly partition: string;
  readonly fencingToken = undefined;
  readonly ended: Promise<void>;
  readonly #options: ReaderOptions;
  readonly #events: readonly StoredEvent[];
  #next = 0;
  #finish: () => void = () => undefined;

  constructor(options: ReaderOptions, partition: string, events: readonly StoredEvent[]) {
    this.#options = options;
    this.partition = partition;
    this.#events = events;
    this.ended = new Promise((resolve) => (this.#finish = resolve));
  }

  get positions(): readonly string[] {
    return this.#events.map(({ position }) => position);
  }

  async read(room: Room): Promise<ReadResult> {
    const { service, process, eventsPerRead } = this.#options;
    const { turmoil } = service;
    await turmoil.pass(process);
    if (this.#next === this.#events.length) {
      this.#finish();
      return 'end';
    }
    const page: StoredEvent[] = [];
    for (
      let event = this.#events[this.#next];
      event !== undefined && page.length < eventsPerRead && room.take(event);
      event = this.#events[++this.#next]
    )
      page.push(event);
    await turmoil.hops(below(turmoil.random, 3));
    return page;
  }

  commit(): Promise<void> {
    return this.#refuse('a commit');
  }

  settle(): Promise<void> {
    return this.#refuse('a settlement');
  }

  #refuse(what: string): Promise<never> {
    this.#options.service.turmoil.recorder.breach(`${what} of a range`);
    return Promise.reject(new StreamError('internal', 'a range has no group', { where: 'simulation' }));
  }
}
