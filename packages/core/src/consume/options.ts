import type { Position } from '../model/encoded.ts';
import type { Start } from '../contract/source.ts';
import type { Backoff } from '../retry/backoff.ts';
import type { Duration, Size } from '../units/units.ts';

/** What keeps order: events of a key, events of a partition, or nothing. */
export type Ordering = 'key' | 'partition' | 'none';

export interface RetryOptions {
  /** Handler calls an event at most, the first included. Default 5. */
  readonly attempts?: number;
  /** Default 200 ms doubling to 30 s, full jitter. */
  readonly backoff?: Backoff;
}

export interface ProcessOptions {
  /** Handlers that run at once. Default 16. */
  readonly concurrency?: number;
  readonly ordering?: Ordering;
  /** Events handed out or buffered at most. Default 500 events and 16 MB. */
  readonly maxInFlight?: { readonly events?: number; readonly bytes?: Size };
  /** Settled events ahead of the oldest unsettled one of a partition at most: what can repeat after a crash. Default 50,000. */
  readonly maxSpan?: number;
  /** An attempt that takes longer counts as failed, and its signal is aborted. Default 30 s. */
  readonly handlerTimeout?: Duration;
  readonly retry?: RetryOptions;
  /** How long a hand-over waits for what was started, and `close` where it is given no deadline. Default 25 s. */
  readonly drainTimeout?: Duration;
}

export interface ConsumerOptions extends ProcessOptions {
  /** Members with the same group share the topic's events; each group gets all of them. */
  readonly group: string;
  /** Where a group without a position starts. Default `earliest`. */
  readonly from?: Start;
  /** After the last attempt: write to `<topic>.<group>.dlq`, stop with the error, or pass over. Default `dead-letter`. */
  readonly onFailure?: 'dead-letter' | 'stop' | 'skip';
  /**
   * An event of a type that the topic's declaration here does not have, as during a deployment in which producers go first:
   * as for `onFailure`, and at once. Default what `onFailure` says.
   */
  readonly onUnknownType?: 'dead-letter' | 'stop' | 'skip';
  /** Retention removed events that the group had not read: stop with `position-expired`, or report it and go on. Default `stop`. */
  readonly onExpired?: 'stop' | 'continue';
  /**
   * How often positions are committed, besides at once at each hand-over and at `close`. Default 200 ms, and 3 s where each
   * commit is a write to a store of leases (`capabilities.commitIntervalMs`). What was handled since repeats after a crash.
   */
  readonly commitInterval?: Duration;
  /** A name of this member for logs and the service's own tools. */
  readonly clientId?: string;
}

/** What a handler knows besides the event. */
export interface HandlerContext {
  readonly topic: string;
  readonly group: string | undefined;
  readonly partition: string;
  readonly position: Position;
  /** Counts from 1. */
  readonly attempt: number;
  /** Aborted on timeout, on a lost lease and at the deadline of `close`. */
  readonly signal: AbortSignal;
  /** Grows with each change of the partition's owner; give it to stores that can refuse a smaller one. */
  readonly fencingToken: string | undefined;
  /** The provider's own object for this event; its type is the adapter's. */
  readonly native: unknown;
}

/** Return settles, throw retries, {@link NonRetryableError} dead-letters. */
export type Handler<Event> = (event: Event, context: HandlerContext) => unknown;

/** A handler for each event type of a topic: none can be forgotten, {@link skip} leaves one out. */
export type HandlerMap<Event extends { readonly type: string }> = {
  readonly [Type in Event['type']]: Handler<Extract<Event, { readonly type: Type }>>;
};

/** Settles an event without doing anything. */
export function skip(): void {}

/** One event of `stream()`. It is settled by exactly one of its methods; later calls do nothing. */
export interface Delivery<Event> {
  readonly event: Event;
  readonly context: HandlerContext;
  readonly ack: () => void;
  /** A failed attempt: the event comes again after its backoff. */
  readonly retry: (error: unknown) => void;
  /** To the dead letters without further attempts. */
  readonly deadLetter: (error: unknown) => void;
}

export interface BatchOptions {
  /** Maximum events per batch. Default 100. */
  readonly maxEvents?: number;
  /** How long an incomplete batch waits for more. Default 250 ms. */
  readonly maxWait?: Duration;
}

/** Events of different keys, handed out together; each is settled unless it is failed by name or the handler throws. */
export interface Batch<Event> {
  readonly events: readonly Event[];
  readonly signal: AbortSignal;
  context(event: Event): HandlerContext;
  /** This event failed; the others of the batch are settled. */
  fail(event: Event, error: unknown): void;
}
