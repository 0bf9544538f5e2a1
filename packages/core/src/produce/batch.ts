import type { LaneBatch } from '../contract/sink.ts';
import type { StreamError } from '../errors/stream-error.ts';
import type { EncodedEvent } from '../model/encoded.ts';
import type { Pending } from './pending.ts';

/** A {@link LaneBatch} with what core knows of it. Its events never change: a retry must be the identical batch. */
export class Batch implements LaneBatch {
  readonly lane: string;
  readonly items: readonly Pending[];
  readonly events: readonly EncodedEvent[];
  readonly bytes: number;
  /** That of the event which has most time: no attempt begins after it. */
  readonly deadline: number;
  failures = 0;
  inFlight = false;
  /** It was given up. */
  isDone = false;
  /** One attempt ended without an answer: from then on nobody can say that it was not written. */
  maybeWritten = false;
  /** Why the last attempt failed. */
  error: StreamError | undefined;

  constructor(lane: string, items: readonly Pending[], bytes: number) {
    this.lane = lane;
    this.items = items;
    this.events = items.map((item) => item.event);
    this.bytes = bytes;
    this.deadline = items.reduce((latest, { deadline }) => Math.max(latest, deadline), -Infinity);
    for (const item of items) item.batch = this;
  }
}
