import type { BatchResult } from '../contract/sink.ts';
import { StreamError } from '../errors/stream-error.ts';
import { observe } from '../observe/channels.ts';
import { backoffDelay } from '../retry/backoff.ts';
import { type Turns, turnsOf } from '../time/turns.ts';
import type { Batch } from './pending.ts';
import type { Request } from './batcher.ts';
import type { Placing } from './placing.ts';
import { Retries } from './retries.ts';
import { isOutdated, verdictOn } from './verdict.ts';
import * as errors from './writer-errors.ts';
import type { WriterParts } from './writer-parts.ts';

const batchWritten = observe('produce:batch');
const batchRetried = observe('produce:retry');
const batchFailed = observe('produce:failed');

/** Takes requests to the sink, and does with each batch what its result asks for. */
export class Requests {
  readonly #parts: WriterParts;
  readonly #placing: Placing;
  readonly #moved: () => void;
  readonly #turns: Turns;
  readonly #retries = new Retries();
  readonly #underWay = new Set<Promise<void>>();

  /** `moved` is called when a request has returned: there may be room, and a next request. */
  constructor(parts: WriterParts, placing: Placing, moved: () => void) {
    this.#parts = parts;
    this.#placing = placing;
    this.#moved = moved;
    this.#turns = turnsOf(parts.clock);
  }

  /** When a batch may leave again next. */
  get firstRetry(): number | undefined {
    return this.#retries.first;
  }

  /** Sends whatever may leave now. */
  send(): void {
    if (!this.#placing.canSend) return;
    const { batcher } = this.#parts.outbox;
    for (let request = batcher.take(); request !== undefined; request = batcher.take()) {
      const sending = this.#send(request).finally(() => this.#underWay.delete(sending));
      this.#underWay.add(sending);
    }
  }

  /** Batches whose wait is over may leave again. */
  retryDue(now: number): void {
    for (const batch of this.#retries.take(now)) this.#parts.outbox.batcher.retry(batch);
  }

  /** The batch fails permanently, with what is known of it. */
  giveUp(batch: Batch, error: StreamError): void {
    const { topic, sink, outbox } = this.#parts;
    const final = error.withOutcome(batch.maybeWritten ? 'unknown' : 'not-written');
    if (batchFailed.hasSubscribers)
      batchFailed.publish({ topic, lane: batch.lane, events: batch.events.length, error: final });
    sink.abandon(batch);
    this.#retries.delete(batch);
    batch.isDone = true;
    outbox.done(batch, () => final);
    outbox.failKeys(batch.items.filter(({ hasExpired }) => !hasExpired));
  }

  /** Requests that have not returned; these promises never reject. */
  get underWay(): Iterable<Promise<void>> {
    return this.#underWay;
  }

  async #send(request: Request): Promise<void> {
    const { sink, clock, stop, outbox } = this.#parts;
    const { route, batches } = request;
    const start = clock.monotonic();
    let results: readonly BatchResult[] | StreamError;
    try {
      results = await sink.write(route, batches, stop.signal);
    } catch (thrown) {
      results = StreamError.from(thrown, 'producer').withOutcome('unknown');
    }
    // Where every write is answered at once nothing but sends would have a turn.
    if (this.#turns.isOver) await this.#turns.pause();
    outbox.batcher.returned(request);
    for (const [index, batch] of batches.entries()) {
      const result = checked(batch, StreamError.is(results) ? results : results[index]);
      const attempt = batch.failures + 1;
      if (StreamError.is(result)) this.#failed(batch, result);
      else {
        this.#placing.proven();
        outbox.done(batch, (at) => result[at]);
      }
      if (batchWritten.hasSubscribers) this.#publish(route, batch, attempt, start, result);
    }
    this.#placing.openAgain();
    this.#moved();
  }

  #failed(batch: Batch, error: StreamError): void {
    const { topic, sink, settings, clock, random, outbox, stop } = this.#parts;
    if (error.outcome !== 'not-written') batch.maybeWritten = true;
    batch.failures++;
    batch.error = error;
    const delayMs = backoffDelay(settings.backoff, batch.failures, random);
    const at = clock.monotonic() + delayMs;
    if (isOutdated(error)) this.#placing.outdate();
    switch (verdictOn(batch, error, at < batch.deadline && !stop.signal.aborted)) {
      case 'place anew':
        return this.#placing.placeAnew(batch);
      case 'take apart': {
        sink.abandon(batch);
        const items = outbox.dissolve(batch);
        for (const item of items) item.goesAlone = true;
        return outbox.batcher.putBack(batch, items);
      }
      case 'retry':
        if (batchRetried.hasSubscribers) {
          const { lane, events, failures } = batch;
          batchRetried.publish({ topic, lane, events: events.length, failures, delayMs, error });
        }
        return this.#retries.add(batch, at);
      case 'give up':
        return this.giveUp(batch, error);
    }
  }

  #publish(route: string, batch: Batch, attempt: number, start: number, result: BatchResult): void {
    const { topic, clock, outbox } = this.#parts;
    const error = StreamError.is(result) ? { error: result } : {};
    const ms = clock.monotonic() - start;
    const { events, bytes, line } = outbox.budget;
    const queue = { events, bytes, waiting: line.length };
    batchWritten.publish({
      ...{ topic, route, events: batch.events.length, bytes: batch.bytes, attempt, ms, queue },
      ...error,
    });
  }
}

/** What the sink says of a batch, if it fits the batch. */
function checked(batch: Batch, result: BatchResult | undefined = []): BatchResult {
  if (StreamError.is(result) || result.length === batch.items.length) return result;
  return errors.wrongCount(result.length, batch.items.length);
}
