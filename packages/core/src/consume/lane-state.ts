import type { Lane } from '../contract/source.ts';
import { StreamError } from '../errors/stream-error.ts';
import type { Position, StoredEvent } from '../model/encoded.ts';
import { type InFlight, LaneRoom } from './in-flight.ts';
import { Watermark } from './watermark.ts';

/** What the engine knows of one assignment. Only the engine changes it. */
export class LaneState {
  readonly lane: Lane;
  /** A fresh number an assignment, for observers. */
  readonly lease: number;
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
  /** Settled one by one and not yet told to the provider (individual settlement). */
  unsent: StoredEvent[] = [];
  /** Set while the read loop waits for room. */
  wake: (() => void) | undefined;
  drain: Drain | undefined;

  constructor(lane: Lane, lease: number, inFlight: InFlight) {
    this.lane = lane;
    this.lease = lease;
    this.room = new LaneRoom(inFlight);
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
  /** `started`: every event up to the highest started one. `running`: only handlers that run now. */
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
