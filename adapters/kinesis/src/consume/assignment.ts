import type { HeldLease, Successor } from '@isostream/coordination';
import {
  linkedSignal,
  type WatermarkAssignment,
  type Mark,
  type Position,
  type EventPage,
  StreamError,
} from '@isostream/core/adapter';
import { formatPlace, parsePlace, type Place } from '../position.ts';
import type { ShardCursor } from './shard-cursor.ts';

/** How far what a lease stores of a silent shard may lag behind what was seen of it. */
const touchMs = 3_600_000;

interface Handed {
  readonly position: Position;
  readonly timestamp: number;
}

/** One assigned shard. Read to its end, it gives its lease up as soon as everything of it is committed. */
export class ShardAssignment implements WatermarkAssignment {
  readonly partition: string;
  readonly fencingToken: string;
  readonly #held: HeldLease;
  readonly #cursor: ShardCursor;
  readonly #successors: (signal: AbortSignal) => Promise<readonly Successor[]>;
  /** Handed over and not committed, oldest first. */
  readonly #uncommitted: Handed[] = [];
  #committed: Place;
  #following: readonly Successor[] | undefined;
  #reading: { readonly signal: AbortSignal; readonly either: AbortSignal } | undefined;

  constructor(
    held: HeldLease,
    cursor: ShardCursor,
    successors: (signal: AbortSignal) => Promise<readonly Successor[]>,
  ) {
    this.partition = held.partition;
    this.fencingToken = String(held.token);
    this.#held = held;
    this.#cursor = cursor;
    this.#successors = successors;
    this.#committed = parsePlace(held.position);
  }

  get isHeld(): boolean {
    return this.#held.isHeld;
  }

  async read(page: EventPage, signal: AbortSignal): Promise<void> {
    const either = this.#either(signal);
    await this.#cursor.fill(either);
    if (either.aborted) return;
    if (this.#cursor.isOver) return this.#ended(page, either);
    for (const { position, timestamp } of this.#cursor.handTo(page)) this.#uncommitted.push({ position, timestamp });
    this.#touch();
  }

  /** All of it was handed over: what follows it is looked up, once. */
  async #ended(page: EventPage, signal: AbortSignal): Promise<void> {
    const following = await this.#successors(signal);
    if (signal.aborted) return;
    this.#following = following;
    this.#finishOnceCommitted();
    page.end();
  }

  async commit({ position }: Mark): Promise<void> {
    const index = this.#uncommitted.findIndex((handed) => handed.position === position);
    const isLast = index === this.#uncommitted.length - 1;
    const readUntil = (isLast ? this.#cursor.readUntil : undefined) ?? this.#uncommitted[index]?.timestamp;
    const place = behind(position, readUntil);
    await this.#held.commit(formatPlace(place));
    this.#committed = place;
    this.#uncommitted.splice(0, index + 1);
    this.#finishOnceCommitted();
  }

  /** One for all reads: both signals end with this assignment. */
  #either(signal: AbortSignal): AbortSignal {
    if (this.#reading?.signal !== signal)
      this.#reading = { signal, either: linkedSignal([signal, this.#held.signal]).signal };
    return this.#reading.either;
  }

  #finishOnceCommitted(): void {
    if (this.#following !== undefined && this.#uncommitted.length === 0) this.#held.finish(this.#following);
  }

  /** Says from time to time how far a shard was seen to be empty: else the age of its last event would look like a loss. */
  #touch(): void {
    const { readUntil } = this.#cursor;
    if (readUntil === undefined || this.#uncommitted.length > 0) return;
    const place = this.#committed;
    const stored = place.kind === 'time' ? place.ms : place.kind === 'after' ? place.readUntil : undefined;
    if (stored === undefined || readUntil - stored < touchMs) return;
    // A time says where to go on, and our clock may be ahead of the service's: some way back, where nothing was.
    if (place.kind === 'time') this.#committed = { kind: 'time', ms: readUntil - 60_000 };
    if (place.kind === 'after') this.#committed = { ...place, readUntil };
    // Failing, it costs nothing: it is said again an hour later.
    this.#held.commit(formatPlace(this.#committed)).catch(() => undefined);
  }
}

function behind(position: Position, readUntil: number | undefined): Place {
  const place = parsePlace(position);
  if (place.kind !== 'at')
    throw new StreamError('internal', `${position} is not the position of an event`, { where: 'kinesis' });
  return { ...place, kind: 'after', readUntil };
}
