import { type CancelTimer, type Clock, type Position, sleep, StreamError } from '@isostream/core/adapter';
import { type CoordinatedPartition, type Lease, standingOf } from './lease.ts';
import type { StoreCalls } from './store-calls.ts';

/** A partition that follows a finished one, and where the group starts in it. */
export interface Successor extends CoordinatedPartition {
  readonly position: Position;
}

/** One assignment of one partition, as an assignment uses it. */
export interface HeldLease {
  readonly partition: string;
  /** Where the group went on when the lease was taken. */
  readonly position: Position;
  /** Grows with every assignment of this partition. Give it to the service, too, where that refuses readers with a lower one. */
  readonly token: number;
  /** Aborted when the lease is gone: handed over, finished or lost. */
  readonly signal: AbortSignal;
  /** Whether the lease is there still, also by this process's own clock: it may have been paused since anybody looked. */
  readonly isHeld: boolean;
  /**
   * Stores the group's position if this very assignment still holds the lease; else throws `lease-lost`, without effect.
   * Also prolongs the lease. After a retryable error it may be stored or not; the same call again is right in both cases.
   */
  commit(position: Position): Promise<void>;
  /**
   * The partition has ended, and everything of it is committed. Gives leases to the partitions that follow, then lets this
   * one go for ever. Does not wait, because an assignment calls it from its own commit.
   */
  finish(successors: readonly Successor[]): void;
  /**
   * The service itself has given the partition to somebody else, of whom the leases say nothing: counts as lost, for this
   * reason, at once. The lease may be taken again, by this member at its next look, by others once it has run out.
   */
  abandon(reason: StreamError): void;
}

/** What every lease of one member has in common. */
export interface Terms {
  readonly store: StoreCalls;
  readonly clock: Clock;
  readonly member: string;
  readonly leaseMs: number;
  readonly where: string;
  /** Topic and group, for messages. */
  readonly what: string;
}

/** Called by a lease when something happens to it; each may come in the middle of a call. */
export interface LeaseEvents {
  /** Another member asked for it. May come more than once. */
  asked(): void;
  /** It is gone without having been given up. Comes once, and last. */
  lost(reason: StreamError): void;
  finished(successors: readonly Successor[]): void;
  /** Somebody else than the group's members deleted it, or put an older copy in its place; it is written anew. */
  restored(found: Lease | undefined): void;
  /** A renewal failed; it is tried again for as long as the lease lasts, unless the error needs operator action. */
  troubled(error: StreamError): void;
}

/**
 * A lease that this member took, until it is gone. Renews itself, knows when it has run out, and lets one write at a time
 * through, because all of them count on the same counter.
 */
export class OwnLease implements HeldLease {
  readonly partition: string;
  readonly position: Position;
  readonly token: number;
  readonly #terms: Terms;
  readonly #events: LeaseEvents;
  readonly #gone = new AbortController();
  /** As it is stored, as far as is known. */
  #stored: Lease;
  /** Read before the call that renewed it: whoever saw the new counter saw it later than this. */
  #renewedAt: number;
  #nextRenewal: number;
  #isHeld = true;
  #isEnding = false;
  #last: Promise<unknown> = Promise.resolve();
  #cancelTimer: CancelTimer | undefined;

  constructor(taken: Lease, takenAt: number, terms: Terms, events: LeaseEvents) {
    this.partition = taken.partition;
    this.position = taken.position;
    this.token = taken.token;
    this.#stored = taken;
    this.#renewedAt = takenAt;
    this.#nextRenewal = takenAt + terms.leaseMs / 3;
    this.#terms = terms;
    this.#events = events;
    this.#schedule();
  }

  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  get isHeld(): boolean {
    if (this.#isHeld && this.#hasRunOut()) this.#lose('it was not renewed in time');
    return this.#isHeld;
  }

  #check(): void {
    if (!this.isHeld) throw this.#lostError('it is not held any more');
  }

  async commit(position: Position): Promise<void> {
    await this.#change((lease) => ({ ...lease, position }));
  }

  finish(successors: readonly Successor[]): void {
    if (this.#isHeld) this.#events.finished(successors);
  }

  abandon(reason: StreamError): void {
    if (!this.#isHeld) return;
    this.#stop(reason);
    if (!this.#isEnding) this.#events.lost(reason);
  }

  /** Takes note of the lease as somebody listed it. */
  seen(listed: Lease): void {
    // An older list says nothing: this lease has been written since.
    if (!this.#isHeld || listed.counter <= this.#stored.counter) return;
    if (standingOf(listed, this.#stored) !== 'own') this.#lose('another member took it');
    else if (listed.askedBy !== undefined) this.#events.asked();
  }

  /** Lets the lease go, so that its next owner can take it at once. Tries for as long as the lease lasts. */
  release(): Promise<void> {
    return this.#end((lease) => ({ ...lease, owner: undefined }));
  }

  /** Lets the lease go for ever. Tries for as long as the lease lasts. */
  close(): Promise<void> {
    return this.#end((lease) => ({ ...lease, owner: undefined, askedBy: undefined, isFinished: true }));
  }

  async #end(edit: (lease: Lease) => Lease): Promise<void> {
    this.#isEnding = true;
    while (this.#isHeld) {
      try {
        await this.#change(edit);
      } catch (thrown) {
        const error = StreamError.from(thrown, this.#terms.where);
        if (error.code !== 'lease-lost') this.#events.troubled(error);
        // Then it runs out by itself, and others take it after that.
        if (!error.retryable) this.#stop();
        else await sleep(this.#terms.clock, this.#terms.leaseMs / 20);
      }
    }
  }

  #change(edit: (lease: Lease) => Lease): Promise<void> {
    const turn = this.#last.then(() => this.#write(edit));
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async #write(edit: (lease: Lease) => Lease): Promise<void> {
    const { store, clock } = this.#terms;
    for (let there: number | undefined = this.#stored.counter; ;) {
      // A lease that ran out may be another's by now, who would meet our write in the middle of its work: never prolong it.
      this.#check();
      const next = { ...edit(this.#stored), counter: Math.max(this.#stored.counter, there ?? 0) + 1 };
      const at = clock.monotonic();
      if (await (there === undefined ? store.create(next) : store.replace(next, there))) {
        this.#written(next, at);
        return;
      }
      const found = await store.read(this.partition);
      there = found?.counter;
      const standing = standingOf(found, this.#stored);
      if (found === undefined || standing === 'set-back') this.#events.restored(found);
      else if (standing === 'own') {
        // Somebody asked for it, or a write of ours arrived whose answer did not.
        this.#stored = found;
        if (found.askedBy !== undefined) this.#events.asked();
      } else {
        this.#lose('another member took it');
        throw this.#lostError('another member took it, and the commit has no effect');
      }
    }
  }

  #written(next: Lease, at: number): void {
    this.#stored = next;
    this.#renewedAt = at;
    this.#nextRenewal = at + this.#terms.leaseMs / 3;
    if (next.owner === undefined) this.#stop();
    else this.#schedule();
  }

  #schedule(): void {
    this.#cancelTimer?.();
    if (!this.#isHeld) return;
    const due = Math.min(this.#nextRenewal, this.#renewedAt + this.#terms.leaseMs);
    const { clock } = this.#terms;
    this.#cancelTimer = clock.timer(Math.max(0, due - clock.monotonic()), () => this.#tick());
  }

  #tick(): void {
    if (this.#hasRunOut()) return this.#lose('it was not renewed in time');
    // One renewal at a time: the next is due when this one has its answer.
    this.#nextRenewal = Infinity;
    void this.renew();
    this.#schedule();
  }

  /** Writes it again, which prolongs it. Does not reject: what fails is tried again for as long as the lease lasts. */
  async renew(): Promise<void> {
    try {
      await this.#change((lease) => lease);
    } catch (thrown) {
      if (!this.#isHeld) return;
      const { clock, leaseMs, where } = this.#terms;
      this.#nextRenewal = clock.monotonic() + leaseMs / 20;
      this.#schedule();
      this.#events.troubled(StreamError.from(thrown, where));
    }
  }

  #hasRunOut(): boolean {
    return this.#terms.clock.monotonic() >= this.#renewedAt + this.#terms.leaseMs;
  }

  #lose(why: string): void {
    this.abandon(this.#lostError(why));
  }

  #stop(reason: StreamError = this.#lostError('it was handed on')): void {
    this.#isHeld = false;
    this.#cancelTimer?.();
    this.#gone.abort(reason);
  }

  #lostError(why: string): StreamError {
    const { what, where } = this.#terms;
    const message = `the lease of partition ${this.partition} of ${what} is gone: ${why}. The next owner repeats what was not committed`;
    return new StreamError('lease-lost', message, { where });
  }
}
