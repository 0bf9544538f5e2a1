import type { StreamError } from '../errors/stream-error.ts';
import type { Position, StoredEvent } from '../model/encoded.ts';

/**
 * Where reading starts: the oldest stored event, events stored from now on, or the first one that was stored at or after a
 * time by the service's clock. Core gives no time from before 1970, and a time to come is `latest`.
 */
export type Start = 'earliest' | 'latest' | Date;

/** One group member's view of one topic. */
export interface Subscription {
  readonly topic: string;
  readonly group: string;
  /** Used where the group has no position yet. `latest` and times are resolved once and stored at once as the group's position, so that a crash before the first commit loses nothing. */
  readonly from: Start;
  /** A name for logs and for the service's own tools. */
  readonly clientId: string;
}

/** A bounded read without a group. */
export interface Range {
  readonly topic: string;
  readonly from: Start | ReadonlyMap<string, Position>;
  /** `now` is the end of each partition at the time of the call; a Date excludes events at or after it. */
  readonly to: 'now' | Date;
}

/** Retention removed events between the assignment's position and the oldest event kept. */
export interface Gap {
  readonly from: Position;
  readonly to: Position;
  /** How many events are missing, where positions can be counted. */
  readonly missing: number | undefined;
}

/**
 * What one read hands over: made by core for this read, filled by the adapter, void once the read has ended. Core counts what it
 * may hold, shared by all assignments of a consumer. None of its methods waits or throws.
 */
export interface EventPage {
  /** Events that it can take now at most, for services that have to be told how many to send; absent where nobody counts. */
  readonly room?: number | undefined;
  /** Hands one event over. `false` if there is no room for it: then it stays with the adapter, with all behind it. */
  add(event: StoredEvent): boolean;
  /** Tells that events are missing between those added before and those added after. */
  gap(gap: Gap): void;
  /**
   * Tells that nothing comes behind what was added: a range is at its end. An assignment whose partition has ended is not read
   * again, and what is settled of it is committed as soon as that is all of it, for the sake of those that wait for its end.
   */
  end(): void;
}

/** The place of one stored event. */
export type Mark = Pick<StoredEvent, 'partition' | 'position'>;

/** Reads one partition or shard in stored order, at the pace of whoever asks. */
export interface Cursor {
  /** The partition's name; a constant where the provider has none. */
  readonly partition: string;

  /**
   * Puts the next events on the page, in stored order. Waits while there are none (bounded by the adapter, then resolves with
   * nothing added). Pull only: not calling it is the backpressure. What was fetched and found no room stays with the adapter,
   * bounded by one fetch, and comes first at the next call: a `EventBacklog` does that. One call at a time a cursor.
   * Retries what is only connection trouble; rejects with errors that need operator action (`unauthorized`, `unknown-topic`),
   * and then has added nothing.
   */
  read(page: EventPage, signal: AbortSignal): Promise<void>;
}

/** One partition of an open range; its last page says `end`. */
export interface RangeCursor extends Cursor {
  /** Partitions that this one continues, such as the parents of a shard: it is read only once those of the range have ended. */
  readonly after?: readonly string[];
}

/** A range whose bounds are fixed: it holds what was stored when it was opened, and nothing that came later. */
export interface OpenRange {
  readonly cursors: readonly RangeCursor[];
  /** Lets go of all that the range holds. Called once, when no more is read; a read under way was aborted. Does not throw. */
  close(): Promise<void>;
}

/** What every assignment has. The object is fresh for each assignment, and nothing of an earlier one may reach it. */
interface HeldCursor extends Cursor {
  /** Grows with every assignment of this partition; `undefined` where the provider has no such number. */
  readonly fencingToken: string | undefined;
  /**
   * False once another member may own the partition by this process's own clock: asked before each hand-out, because a
   * process that was frozen runs what it had queued before anybody can tell it what it lost. Core reads no more once it is
   * false, and takes nothing of the read under way. Absent where ownership cannot lapse unnoticed. Once false it stays so, and
   * `lost` follows.
   */
  readonly isHeld?: boolean | undefined;
}

/** An assigned partition or shard, of which a position is committed. */
export interface WatermarkAssignment extends HeldCursor {
  /**
   * Stores the group's position behind that event. Fenced: throws `lease-lost`, without effect, when another member owns the
   * partition. Retryable errors are core's to retry. Never called with a lower event than before. One call at a time an
   * assignment; calls for different assignments in one tick may share a request.
   */
  commit(upTo: Mark): Promise<void>;
  readonly settle?: undefined;
  readonly release?: undefined;
}

/** A member's part of a subscription, whose events are settled one by one. */
export interface IndividualAssignment extends HeldCursor {
  readonly commit?: undefined;

  /**
   * Settles single events, in order per key: the very objects that `read` handed over, each once, in the order in which they were
   * settled. Resolves when the service knows all of them; if it throws, core tries all of them again before anything later.
   * Throws as {@link WatermarkAssignment.commit}. One call at a time an assignment.
   *
   * What was handed over and is not settled stays this member's, kept alive by the adapter, until the assignment is let go; then
   * it is handed back at once, so that it comes again in order. Where it may have become somebody else's, the assignment is lost.
   */
  settle(events: readonly StoredEvent[]): Promise<void>;

  /**
   * The assignment has to go, and core will start none of these events, which `read` handed over: hand them back now, with all that
   * is not handed over, and fetch no more. What was started stays this member's until it is settled or the assignment is let
   * go. May be called again with others. Must not wait. Where it is absent they go back with the assignment.
   */
  release?(events: readonly StoredEvent[]): void;
}

/** What a member holds: by the provider's `settlement`, one whose positions are committed or one whose events are settled. */
export type Assignment = WatermarkAssignment | IndividualAssignment;

/** Core's side of a source. Every call returns or settles; none throws. */
export interface SourceListener {
  /** The assignment can be read from now on. */
  assigned(assignment: Assignment): void;
  /**
   * The member holds its share of the partitions as the group is now, which may be none, and the places where it begins are
   * stored: what is sent from now on reaches the group. To be called once it is so; later calls change nothing.
   */
  ready?(): void;
  /**
   * The assignment must go. Resolves when core has finished and committed everything that it had started. The adapter keeps
   * the ownership alive meanwhile and lets go when this resolves. Core bounds it by its own deadline.
   */
  revoking(assignment: Assignment): Promise<void>;
  /** Ownership is already gone: core aborts the handlers' signals and commits nothing. */
  lost(assignment: Assignment, reason: StreamError): void;
}

/** One group member on one topic. */
export interface Source {
  /**
   * Joins, and keeps calling the listener until the signal is aborted; then every assignment is revoked, the group is left
   * at once (nobody waits for a session to expire) and the promise resolves. Rejects with errors that need operator action: `unknown-topic`, `unauthorized`, `conflict`, …; connection
   * errors are its own to retry.
   */
  run(listener: SourceListener, signal: AbortSignal): Promise<void>;
}
