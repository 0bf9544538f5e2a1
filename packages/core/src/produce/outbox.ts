import type { InFlightLimits, Written } from '../contract/sink.ts';
import type { StreamError } from '../errors/stream-error.ts';
import { Batcher } from './batcher.ts';
import { Budget } from './budget.ts';
import { Chain } from '../model/chain.ts';
import { Deadlines } from './deadlines.ts';
import { FailedKeys, FailedSince } from './failed-keys.ts';
import { Flushes } from './flushes.ts';
import type { Batch, Pending } from './pending.ts';
import type { WriterSettings } from './settings.ts';
import * as errors from './writer-errors.ts';

/**
 * Every event without an answer, each in exactly one place: in line for room, waiting for the sink to open, waiting in its
 * lane, or in a batch. Pure: no clock, no I/O.
 */
export class Outbox {
  readonly budget: Budget;
  readonly batcher: Batcher;
  /** Accepted while the sink is not open, in order. */
  readonly unplaced: Chain<Pending> = new Chain<Pending>();
  readonly flushes: Flushes = new Flushes();
  readonly failedKeys: FailedKeys = new FailedKeys();
  readonly #deadlines = new Deadlines();
  readonly #failsKeys: boolean;

  constructor(
    { maxEvents, maxBytes, afterFailure }: Pick<WriterSettings, 'maxEvents' | 'maxBytes' | 'afterFailure'>,
    limits: InFlightLimits,
    routeOf: (lane: string) => string,
  ) {
    this.budget = new Budget(maxEvents, maxBytes);
    this.batcher = new Batcher(limits, routeOf);
    this.#failsKeys = afterFailure === 'fail-key';
  }

  /** The item has room, and is answered by its deadline. */
  accept(item: Pending): void {
    this.#deadlines.add(item, item.timeoutMs, item.deadline);
  }

  /** When somebody's time is over next, for room or for an answer. */
  get firstDue(): number | undefined {
    const [blocked = Infinity, late = Infinity] = [this.budget.firstBlockedUntil, this.#deadlines.first];
    const first = Math.min(blocked, late);
    return first === Infinity ? undefined : first;
  }

  /** Those with room whose time for an answer is over, in the order in which they were sent. */
  expired(now: number): readonly Pending[] {
    return this.#deadlines.take(now);
  }

  /** Gives the sender its answer, once. What is being sent keeps its room until its batch is done. */
  answer(item: Pending, result: Written | StreamError): void {
    if (item.isAnswered) return;
    item.isAnswered = true;
    item.place.unlink();
    item.due.unlink();
    if (item.batch === undefined) this.budget.release(item);
    item.answer(result);
    this.flushes.end(item.stretch);
  }

  /** The batch is over: each event of it has this answer, if it has none yet, and its room comes free. */
  done(batch: Batch, resultOf: (index: number) => Written | StreamError | undefined): void {
    for (const [index, item] of batch.items.entries()) {
      const result = resultOf(index);
      if (result !== undefined) this.answer(item, result);
      this.budget.release(item);
    }
    this.batcher.done(batch);
  }

  /** The batch was surely not written, and is none any more. Returns those of its events whose senders still wait. */
  dissolve(batch: Batch): readonly Pending[] {
    for (const item of batch.items) {
      item.batch = undefined;
      item.goesAlone = false;
      if (item.isAnswered) this.budget.release(item);
    }
    return batch.items.filter(({ isAnswered }) => !isAnswered);
  }

  /** Events that failed permanently take along what was sent later of their keys, if the producer was told so. */
  failKeys(failed: readonly Pending[]): void {
    if (!this.#failsKeys || failed.length === 0) return;
    const since = new FailedSince(failed);
    for (const { event } of failed) this.failedKeys.add(event.key);
    // An earlier event of the key may have more time, and goes on.
    for (const item of [...this.#unsent()])
      if (since.isBefore(item)) this.answer(item, errors.keyFailed(item.event.key));
  }

  /** Everybody has this answer, with what is known of the event. */
  failAll(error: StreamError): void {
    for (const item of [...this.#unsent()]) this.answer(item, error.withOutcome('not-written'));
    for (const batch of this.batcher.batches()) {
      const outcome = batch.inFlight || batch.maybeWritten ? 'unknown' : 'not-written';
      for (const item of batch.items) this.answer(item, error.withOutcome(outcome));
    }
  }

  /** Whatever is in no batch. */
  *#unsent(): Iterable<Pending> {
    yield* this.budget.line;
    yield* this.batcher.waiting();
    yield* this.unplaced;
  }
}
