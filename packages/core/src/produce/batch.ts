import type { LaneBatch, Written } from '../contract/sink.ts';
import type { StreamError } from '../errors/stream-error.ts';
import type { EncodedEvent } from '../model/encoded.ts';
import type { Stretch } from './flushes.ts';

/** One event on its way, from `send` to its result. */
export interface Pending {
  readonly event: EncodedEvent;
  /** What it counts in the budget. */
  readonly bytes: number;
  /** What it takes of a request. */
  readonly wireBytes: number;
  /** Grows from `send` to `send`. */
  readonly order: number;
  /** From `send` to its result, and for room at most, in milliseconds. */
  readonly timeoutMs: number;
  readonly blockMs: number;
  /** Monotonic time at which its sender has an answer in any case. */
  readonly deadline: number;
  /** Which flushes wait for it. */
  readonly stretch: Stretch;
  /** Set once its sender has an answer: an event that still waits is then left out. */
  settled: boolean;
  /** `line`: waits for room. `held`: counted, in no batch. `sending`: in a batch, so it may have been written. `gone`: its room is free again. */
  /** Its time was over before its batch was: its key failed then, if keys do. */
  expired: boolean;
  /** What it is sent in. */
  batch: Batch | undefined;
  state: 'line' | 'held' | 'sending' | 'gone';
  settle: (result: Written | StreamError) => void;
}

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
  }
}
