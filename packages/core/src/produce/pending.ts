import type { LaneBatch, Written } from '../contract/sink.ts';
import type { StreamError } from '../errors/stream-error.ts';
import { type EncodedEvent, sizeOf } from '../model/encoded.ts';
import { Link } from '../model/chain.ts';
import type { Stretch } from './flushes.ts';

/** Counted on top of each event's own bytes: providers frame each with some tens of bytes. */
const framing = 64;
/** And of each header: its lengths and types. Many short headers take more of a request than what they say. */
const headerFraming = 10;

/** Where an event was stored, or why it is not known to be. */
export type Answer = (result: Written | StreamError) => void;

/** How long one event may wait, in milliseconds, and until when by the monotonic clock. */
export interface Patience {
  readonly timeoutMs: number;
  readonly blockMs: number;
  /** Its sender has an answer by then in any case. */
  readonly deadline: number;
}

/** One event on its way, from `send` to its answer. */
export class Pending {
  readonly event: EncodedEvent;
  /** What it counts in the budget. */
  readonly bytes: number;
  /** What it takes of a request. */
  readonly wireBytes: number;
  /** Grows from `send` to `send`. */
  readonly order: number;
  readonly timeoutMs: number;
  readonly blockMs: number;
  readonly deadline: number;
  /** Which flushes wait for it. */
  readonly stretch: Stretch;
  /** Where it waits: in line for room, for the sink to open, or in its lane. Nowhere while it is in a batch, or answered. */
  readonly place: Link<Pending> = new Link<Pending>(this);
  /** Among those who wait for the same time: for room, later for the answer. */
  readonly due: Link<Pending> = new Link<Pending>(this);
  /** When that time is over. */
  until: number = Infinity;
  /** What it is sent in: it may have been written. */
  batch: Batch | undefined = undefined;
  /** It is counted in the budget. */
  hasRoom: boolean = false;
  isAnswered: boolean = false;
  /** Its time was over before its batch was: its key failed then, if keys do. */
  hasExpired: boolean = false;
  /** It was refused together with others, and may be the one at fault. */
  goesAlone: boolean = false;
  answer: Answer;

  constructor(
    event: EncodedEvent,
    wireBytes: number | undefined,
    order: number,
    { timeoutMs, blockMs, deadline }: Patience,
    stretch: Stretch,
    answer: Answer,
  ) {
    this.event = event;
    this.bytes = sizeOf(event) + framing;
    this.wireBytes = wireBytes ?? this.bytes + event.headers.length * headerFraming;
    this.order = order;
    this.timeoutMs = timeoutMs;
    this.blockMs = blockMs;
    this.deadline = deadline;
    this.stretch = stretch;
    this.answer = answer;
  }

  /** Its own bytes, without what frames it. */
  get eventBytes(): number {
    return this.bytes - framing;
  }
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
    for (const item of items) item.batch = this;
  }
}
