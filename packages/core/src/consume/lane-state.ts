import type { Assignment } from '../contract/source.ts';
import { StreamError } from '../errors/stream-error.ts';
import type { Position } from '../model/encoded.ts';
import { type InFlight, LaneRoom } from './in-flight.ts';
import type { Task } from './task.ts';
import { Watermark } from './watermark.ts';

/** What the engine knows of one assignment. Only the engine changes it. */
export class LaneState {
  readonly lane: Assignment;
  /** A fresh number an assignment, for observers. */
  readonly lease: number;
  readonly settlement: 'watermark' | 'individual';
  readonly watermark: Watermark = new Watermark();
  readonly room: LaneRoom;
  readonly reading: AbortController = new AbortController();
  /** `active`: read and run. `draining`: finish what was started. `gone`: nothing of it counts any more. */
  status: 'active' | 'draining' | 'gone' = 'active';
  ended = false;
  /** The highest number whose handler was ever started: what a drain has to finish. */
  highestStarted = -1;
  /** Handlers and dead-letter writes under way. */
  busy = 0;
  committed: Position | undefined;
  committing: Promise<void> | undefined;
  /** Started and neither settled nor given up (individual settlement). */
  begun = 0;
  /** Settled one by one and not yet told to the provider, and what a call is telling it now (individual settlement). */
  unsent: Task[] = [];
  sending: readonly Task[] = [];
  /** How often the provider refused what it was told, since it last took something: more waits for the next try. */
  refusals = 0;
  /** Set while the read loop waits for room. */
  wake: (() => void) | undefined;
  drain: Drain | undefined;
  #added = 0;

  constructor(lane: Assignment, lease: number, settlement: 'watermark' | 'individual', inFlight: InFlight) {
    this.lane = lane;
    this.lease = lease;
    this.settlement = settlement;
    this.room = new LaneRoom(inFlight);
  }

  /** The number of its next event. */
  add(position: Position): number {
    return this.settlement === 'individual' ? this.#added++ : this.watermark.add(position);
  }

  settle(number: number): void {
    if (this.settlement === 'watermark') this.watermark.settle(number);
  }

  /** What lies settled above an unsettled event repeats after a crash, so it is bounded; single events do not. */
  hasSpan(maxSpan: number): boolean {
    return this.settlement === 'individual' || this.watermark.span < maxSpan;
  }

  /** A drain has to finish it: else an event that was handed out would come again. */
  owes(task: Task): boolean {
    return this.settlement === 'individual' ? task.isBegun : task.number <= this.highestStarted;
  }

  /** A drain has finished all that it owed. */
  get isFinished(): boolean {
    return this.settlement === 'individual' ? this.begun === 0 : this.watermark.lowestUnsettled > this.highestStarted;
  }

  stopReading(): void {
    this.room.close();
    this.reading.abort(new StreamError('aborted', 'the lane is not read any more', { where: 'consumer' }));
    this.wake?.();
    this.wake = undefined;
  }
}

/** A drain under way. */
export interface Drain {
  /** `started`: all that is owed. `running`: only handlers that run now. */
  readonly mode: 'started' | 'running';
  readonly promise: Promise<void>;
  /** All that was to be finished is. */
  readonly done: () => void;
}

/** A drain that ends when `done` is called. */
export function newDrain(): Drain {
  let done = (): void => undefined;
  const promise = new Promise<void>((resolve) => (done = resolve));
  return { mode: 'started', promise, done };
}
