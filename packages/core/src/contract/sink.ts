import type { StreamError } from '../errors/stream-error.ts';
import type { EncodedEvent, Position } from '../model/encoded.ts';

/** Where an event was stored. */
export interface Written {
  /** Absent where the provider has no partitions. */
  readonly partition: string | undefined;
  /** Absent where the service does not tell. */
  readonly position: Position | undefined;
}

/**
 * Events of one order lane that are written all together or not at all.
 * Core forms it once and never changes it: a retry passes the very same object, so an adapter can keep what it
 * assigned on the first attempt (sequence numbers) in a WeakMap.
 */
export interface LaneBatch {
  readonly lane: string;
  readonly events: readonly EncodedEvent[];
}

/** One result per batch: where its events were stored, in order, or why none of them is known to be. */
export type BatchResult = readonly Written[] | StreamError;

/**
 * What may be in flight together, as data that core's batcher obeys.
 *
 * A *lane* is what keeps order (a partition, a key); a *route* is what shares a request (a broker, a stream).
 * A lane never has two batches in flight. Examples: Kafka has lane = partition, route = its leader, one request a
 * route; Kinesis has lane = key, one route, one event a lane in a request, several requests.
 */
export interface InFlightLimits {
  readonly requestsPerRoute: number;
  readonly lanesPerRequest: number;
  readonly eventsPerLane: number;
  readonly bytesPerLane: number;
  readonly eventsPerRequest: number;
  readonly bytesPerRequest: number;
}

/** Writes to one topic. Core owns batching, order, retries and budgets; a sink owns one request. */
export interface Sink {
  readonly limits: InFlightLimits;
  /** The largest event that this topic takes, known after {@link Sink.open}. */
  readonly maxEventBytes: number;
  /**
   * False if this topic does not keep the stored time that an event brings, though the provider has topics that do; known
   * after {@link Sink.open}. Core refuses such an event.
   */
  readonly keepsStoredTime?: boolean;

  /**
   * Learns what {@link Sink.lane} needs (metadata, identity). Called before anything else, again after it failed, and
   * again, with nothing in flight, after a write failed with `topic-mismatch` or `unknown-topic`.
   * Throws `unknown-topic`, `unauthorized`, `unavailable` and the like.
   */
  open(signal: AbortSignal): Promise<void>;

  /**
   * What an event takes of a request, encoded: exactly, or a little more; batches are filled by it. Absent where core's own
   * estimate is close: key, payload, headers, some bytes for each of the headers, and some for the whole.
   */
  wireBytes?(event: EncodedEvent): number;

  /** The lane of an event: called once per event, in order of `send`. Equal keys give equal lanes until it is opened again. Must not wait. */
  lane(event: EncodedEvent): string;

  /** The route that a lane's next request takes, as known now. Must not wait. */
  route(lane: string): string;

  /**
   * Writes one request: batches of different lanes of one route; one result per batch, in the order given.
   *
   * Never retries: core does, after a backoff, with the same batch objects. Returns errors, and throws only for its own
   * defects. Each error says `outcome`, of this attempt alone: `not-written` only if it can have stored nothing of the
   * batch. Core remembers those that were `unknown`. Before it returns a failure that
   * fresh metadata would cure it refreshes that, so that {@link Sink.route} answers anew. `topic-mismatch` says that the
   * batch's lane is not there any more, as the topic was created anew: core places its events again, after `open`. May run concurrently for
   * different routes. On abort it returns at once, `unknown` for what has left.
   */
  write(route: string, batches: readonly LaneBatch[], signal: AbortSignal): Promise<readonly BatchResult[]>;

  /** Core gave this batch up permanently: renew whatever the service may hold against the lane's next batch. Must not wait. */
  abandon(batch: LaneBatch): void;

  /** Lets go of connections. Called once, with nothing in flight. */
  close(): Promise<void>;
}
