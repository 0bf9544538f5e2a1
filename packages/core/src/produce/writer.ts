import type { BatchResult, Sink, Written } from '../contract/sink.ts';
import { StreamError } from '../errors/stream-error.ts';
import { type EncodedEvent, type Key, sizeOf } from '../model/encoded.ts';
import { observe } from '../observe/channels.ts';
import { Warnings } from '../observe/warnings.ts';
import { backoffDelay } from '../retry/backoff.ts';
import { Alarm } from '../time/alarm.ts';
import type { CancelTimer, Clock } from '../time/clock.ts';
import { onAbort } from '../time/on-abort.ts';
import { type Turns, turnsOf } from '../time/turns.ts';
import { abortedBy, sleep } from '../time/wait.ts';
import type { Batch, Pending } from './batch.ts';
import { Batcher } from './batcher.ts';
import { Budget } from './budget.ts';
import { Expiries } from './expiries.ts';
import { FailedKeys, FailedSince } from './failed-keys.ts';
import { Flushes } from './flushes.ts';
import { resolveSendOptions, type WriteOptions, type WriterOptions } from './options-resolved.ts';
import * as errors from './writer-errors.ts';

/** Counted on top of each event's own bytes: providers frame each with some tens of bytes. */
const framing = 64;
/** And of each header: its lengths and types. Many short headers take more of a request than what they say. */
const headerFraming = 10;

/** Refusals that one event of a batch brings upon the others: alone these pass. */
const isOfOneEvent: ReadonlySet<string> = new Set([
  'event-too-large',
  'invalid-event',
  'invalid-header',
  'invalid-key',
]);

/** The topic is not the one that the sink was opened for: it is gone, or was created anew. */
const isAnotherTopic: ReadonlySet<string> = new Set(['topic-mismatch', 'unknown-topic']);

const batchWritten = observe('produce:batch');
const batchRetried = observe('produce:retry');
const batchFailed = observe('produce:failed');

/**
 * Takes encoded events of one topic to its sink: budget, order, retries, and a result for each, whatever happens.
 * All state is changed in synchronous methods of this class; only `write` and `open` of the sink are awaited, and what
 * they return is one more message.
 */
export class Writer {
  readonly topic: string;
  readonly options: WriterOptions;
  readonly #sink: Sink;
  readonly #clock: Clock;
  readonly #turns: Turns;
  readonly #random: () => number;
  readonly #budget: Budget;
  readonly #batcher: Batcher;
  readonly #failedKeys = new FailedKeys();
  readonly #warnings: Warnings;
  readonly #stop = new AbortController();
  /** Accepted while the sink is not open, in order. */
  #unplaced: Pending[] = [];
  /** `outdated`: lanes are another topic's by now. What is formed still leaves; then the sink is opened again. */
  #state: 'new' | 'opening' | 'open' | 'outdated' | 'closed' = 'new';
  /** How often in a row events had to be placed anew. */
  #misplaced = 0;
  #pumpDue = false;
  /** Who has to have an answer by when. */
  readonly #expiries = new Expiries<Pending>();
  readonly #expiring: Alarm;
  #sends = 0;
  /** Why the sink could not be opened. */
  #closedBy: StreamError | undefined;
  readonly #blocked: Alarm;
  #lingering: CancelTimer | undefined;
  readonly #backoffs = new Set<CancelTimer>();
  readonly #flushes = new Flushes();
  readonly #requests = new Set<Promise<void>>();
  #opening: Promise<void> | undefined;
  /** Answered while they waited: each is still in its queue. */
  #stale = 0;
  #closing: Promise<void> | undefined;

  constructor(topic: string, sink: Sink, options: WriterOptions, clock: Clock, random: () => number) {
    this.topic = topic;
    this.#sink = sink;
    this.options = options;
    this.#clock = clock;
    this.#turns = turnsOf(clock);
    this.#random = random;
    this.#warnings = new Warnings('producer', clock);
    this.#expiring = new Alarm(clock, (now) => this.#expire(now));
    this.#blocked = new Alarm(clock, (now) => this.#lineWaited(now));
    this.#budget = new Budget(options.maxEvents, options.maxBytes);
    this.#batcher = new Batcher(sink.limits, (lane) => sink.route(lane));
  }

  /** Events and bytes held now, and senders that wait for room. */
  get buffered(): { readonly events: number; readonly bytes: number; readonly waiting: number } {
    return { events: this.#budget.events, bytes: this.#budget.bytes, waiting: this.#budget.waiting };
  }

  /** Calls `settle` exactly once. Calls of one key are stored in the order made. */
  write(event: EncodedEvent, settle: (result: Written | StreamError) => void, given?: WriteOptions): void {
    const now = this.#clock.monotonic();
    const options = given ?? resolveSendOptions({}, this.options, now);
    const { signal } = options;
    if (this.#closing !== undefined) return settle(errors.closed());
    if (signal?.aborted === true) return settle(abortedBy(signal).withOutcome('not-written'));
    if (this.#failedKeys.has(event.key)) return settle(errors.keyFailed(event.key));
    this.#clearOut();
    const item = this.#pending(event, settle, options);
    if (this.#budget.admit(item, now)) this.#accept(item);
    else this.#blocked.set(this.#budget.firstBlockedUntil);
  }

  /** Resolves when everything that was accepted or waits by now has a result. */
  flush(): Promise<void> {
    this.#pump();
    return this.#flushes.flush();
  }

  resumeKey(key: Key): void {
    this.#failedKeys.delete(key);
  }

  /** Flushes for at most `deadlineMs`, fails what is left, closes the sink. Idempotent. */
  close(deadlineMs: number): Promise<void> {
    this.#closing ??= this.#close(deadlineMs);
    return this.#closing;
  }

  async #close(deadlineMs: number): Promise<void> {
    const error = errors.closedTooEarly();
    const cancelDeadline = this.#clock.timer(deadlineMs, () => this.#failAll(error));
    await this.flush();
    cancelDeadline();
    this.#state = 'closed';
    this.#stop.abort(error);
    this.#expiring.stop();
    this.#blocked.stop();
    this.#lingering?.();
    for (const stop of this.#backoffs) stop();
    // An aborted write returns at once; the sink must not be closed under it.
    await Promise.all([...this.#requests, this.#opening]);
    await this.#sink.close();
  }

  #pending(
    event: EncodedEvent,
    settle: (result: Written | StreamError) => void,
    { signal, timeoutMs, blockMs, sentAt }: WriteOptions,
  ): Pending {
    const bytes = sizeOf(event) + framing;
    const wireBytes = this.#sink.wireBytes?.(event) ?? bytes + event.headers.length * headerFraming;
    const deadline = sentAt + timeoutMs;
    const order = this.#sends++;
    const stretch = this.#flushes.begin();
    const item: Pending = {
      ...{ event, bytes, wireBytes, order, timeoutMs, blockMs, deadline, stretch, settle },
      settled: false,
      expired: false,
      batch: undefined,
      state: 'held',
    };
    if (signal === undefined) return item;
    item.settle = (result) => {
      forget();
      settle(result);
    };
    const forget = onAbort(signal, () => {
      this.#answer(item, abortedBy(signal).withOutcome(item.state === 'sending' ? 'unknown' : 'not-written'));
      // Its room is somebody else's now.
      this.#advanceLine();
    });
    return item;
  }

  /** The item is counted in the budget from here until its batch is done or it was dropped unsent. */
  #accept(item: Pending): void {
    this.#expiries.add(item, item.timeoutMs, item.deadline);
    this.#expiring.set(this.#expiries.first);
    if (this.#state === 'open') this.#place(item);
    else {
      this.#unplaced.push(item);
      if (this.#state === 'new') this.#opening = this.#open();
    }
    this.#pumpSoon();
  }

  #place(item: Pending): void {
    if (item.bytes - framing > this.#sink.maxEventBytes) {
      this.#drop(item, errors.tooLarge(this.topic, item.bytes - framing, this.#sink.maxEventBytes));
      // What waits in the batcher was sent before it, and its key goes on up to here.
      this.#failKeys([item]);
    } else if (this.#failedKeys.has(item.event.key)) this.#drop(item, errors.keyFailed(item.event.key));
    else if (item.event.timestamp !== undefined && this.#sink.keepsStoredTime === false)
      this.#drop(item, errors.noStoredTime(this.topic));
    else this.#batcher.add(this.#sink.lane(item.event), item);
  }

  async #open(): Promise<void> {
    this.#state = 'opening';
    if (this.#misplaced > 1) {
      const wait = backoffDelay(this.options.backoff, this.#misplaced, this.#random);
      await sleep(this.#clock, wait, this.#stop.signal).catch(() => undefined);
    }
    for (let failures = 1; this.#unplaced.length > 0 && !this.#stop.signal.aborted; failures++) {
      try {
        await this.#sink.open(this.#stop.signal);
        if (this.#stop.signal.aborted) break;
        this.#state = 'open';
        this.#closedBy = undefined;
        break;
      } catch (thrown) {
        const error = StreamError.from(thrown, 'producer').withOutcome('not-written');
        this.#closedBy = error;
        if (!error.retryable) {
          const failed = this.#unplaced.splice(0).filter((item) => !item.settled);
          for (const item of failed) this.#drop(item, error);
          this.#afterFailure(failed);
          break;
        }
        this.#warnings.tell(`producer of topic "${this.topic}": cannot reach the service; retrying`, error);
        const wait = backoffDelay(this.options.backoff, failures, this.#random);
        await sleep(this.#clock, wait, this.#stop.signal).catch(() => undefined);
        this.#expire();
        this.#unplaced.splice(0, this.#unplaced.length, ...this.#unplaced.filter(({ settled }) => !settled));
      }
    }
    if (this.#state === 'open') {
      for (const item of this.#unplaced.splice(0)) if (!item.settled) this.#place(item);
      this.#pump();
    } else if (this.#state === 'opening') this.#state = 'new';
    this.#advanceLine();
  }

  /** Everything sent in one turn of the event loop leaves together; nothing waits for a timer unless `linger` asks. */
  #pumpSoon(): void {
    if (this.#pumpDue || this.#state !== 'open') return;
    this.#pumpDue = true;
    const pump = (): void => {
      this.#pumpDue = false;
      this.#pump();
    };
    if (this.options.lingerMs > 0) this.#lingering = this.#clock.timer(this.options.lingerMs, pump);
    else queueMicrotask(pump);
  }

  #pump(): void {
    if (this.#state !== 'open' && this.#state !== 'outdated') return;
    for (let request = this.#batcher.take(); request !== undefined; request = this.#batcher.take()) {
      const sending = this.#send(request.route, request.batches).finally(() => this.#requests.delete(sending));
      this.#requests.add(sending);
    }
  }

  async #send(route: string, batches: readonly Batch[]): Promise<void> {
    const start = this.#clock.monotonic();
    let results: readonly BatchResult[] | StreamError;
    try {
      results = await this.#sink.write(route, batches, this.#stop.signal);
    } catch (thrown) {
      results = StreamError.from(thrown, 'producer').withOutcome('unknown');
    }
    // Where every write is answered at once nothing but sends would have a turn.
    if (this.#turns.isOver) await this.#turns.pause();
    this.#batcher.returned(route, batches);
    for (const [index, batch] of batches.entries()) {
      const result = this.#checked(batch, StreamError.is(results) ? results : results[index]);
      const attempt = batch.failures + 1;
      this.#returned(batch, result);
      if (batchWritten.hasSubscribers) {
        const ms = this.#clock.monotonic() - start;
        batchWritten.publish({
          topic: this.topic,
          route,
          events: batch.events.length,
          bytes: batch.bytes,
          attempt,
          ms,
          ...(StreamError.is(result) ? { error: result } : {}),
        });
      }
    }
    this.#openAgain();
    this.#advanceLine();
    this.#pump();
  }

  #checked(batch: Batch, result: BatchResult | undefined = []): BatchResult {
    if (StreamError.is(result) || result.length === batch.items.length) return result;
    return errors.wrongCount(result.length, batch.items.length);
  }

  #returned(batch: Batch, result: BatchResult | StreamError): void {
    if (StreamError.is(result)) return this.#failed(batch, result);
    for (const [index, item] of batch.items.entries()) {
      const written = result[index];
      if (written !== undefined) this.#drop(item, written);
    }
    this.#misplaced = 0;
    this.#batcher.done(batch);
  }

  #failed(batch: Batch, error: StreamError): void {
    if (error.outcome !== 'not-written') batch.maybeWritten = true;
    batch.failures++;
    batch.error = error;
    const delayMs = backoffDelay(this.options.backoff, batch.failures, this.#random);
    const isInTime = this.#clock.monotonic() + delayMs < batch.deadline && !this.#stop.signal.aborted;
    if (isAnotherTopic.has(error.code)) this.#outdated();
    if (error.code === 'topic-mismatch' && isInTime) this.#placeAnew(batch, error);
    else if (isOfOneEvent.has(error.code) && !batch.maybeWritten && batch.items.length > 1) {
      this.#sink.abandon(batch);
      // Whose sender has an answer goes no further.
      for (const item of batch.items) if (item.settled) this.#drop(item, error);
      this.#batcher.takeApart(batch);
    } else if (error.retryable && isInTime) {
      if (batchRetried.hasSubscribers)
        batchRetried.publish({
          topic: this.topic,
          lane: batch.lane,
          events: batch.events.length,
          failures: batch.failures,
          delayMs,
          error,
        });
      const cancel = this.#clock.timer(delayMs, () => {
        this.#backoffs.delete(cancel);
        this.#batcher.retry(batch);
        this.#pump();
      });
      this.#backoffs.add(cancel);
    } else this.#giveUp(batch, error);
  }

  /** What is in no batch yet gets its lane from the topic as it is then, in its order and before all that comes later. */
  #outdated(): void {
    if (this.#state !== 'open') return;
    this.#state = 'outdated';
    this.#unplaced = [...this.#batcher.takeWaiting(), ...this.#unplaced];
  }

  /** The batch's lane is not there any more, so nothing of it can be stored there: its events are the next of their keys. */
  #placeAnew(batch: Batch, error: StreamError): void {
    this.#misplaced++;
    this.#sink.abandon(batch);
    for (const item of batch.items) if (item.settled) this.#drop(item, error);
    const items = batch.items.filter(({ settled }) => !settled);
    for (const item of items) {
      item.state = 'held';
      item.batch = undefined;
    }
    this.#unplaced = [...items, ...this.#unplaced];
    this.#batcher.done(batch);
  }

  /** Once nothing is formed any more: else later events of a key could pass earlier ones. */
  #openAgain(): void {
    if (this.#state !== 'outdated' || this.#batcher.hasBatches) return;
    this.#state = 'new';
    if (this.#unplaced.length > 0) this.#opening = this.#open();
  }

  #giveUp(batch: Batch, error: StreamError): void {
    const final = error.withOutcome(batch.maybeWritten ? 'unknown' : 'not-written');
    if (batchFailed.hasSubscribers)
      batchFailed.publish({ topic: this.topic, lane: batch.lane, events: batch.events.length, error: final });
    this.#sink.abandon(batch);
    batch.isDone = true;
    for (const item of batch.items) this.#drop(item, final);
    this.#afterFailure(batch.items.filter(({ expired }) => !expired));
    this.#batcher.done(batch);
  }

  /** Events that failed permanently take the later ones of their keys along, if the producer was told so. */
  #afterFailure(failed: readonly Pending[]): void {
    const since = this.#failKeys(failed);
    if (since === undefined) return;
    // An earlier event of the key may have more time, and goes on.
    for (const item of [...this.#batcher.waiting()])
      if (since.isBefore(item)) this.#drop(item, errors.keyFailed(item.event.key));
  }

  /** The same where what the batcher holds of these keys was sent before. */
  #failKeys(failed: readonly Pending[]): FailedSince | undefined {
    if (this.options.afterFailure !== 'fail-key' || failed.length === 0) return undefined;
    const since = new FailedSince(failed);
    for (const { event } of failed) this.#failedKeys.add(event.key);
    for (const item of [...this.#unplaced, ...this.#budget.waitingItems()])
      if (since.isBefore(item)) this.#answer(item, errors.keyFailed(item.event.key));
    return since;
  }

  /** Gives the sender its answer. What is being sent keeps its room until its request returns. */
  #answer(item: Pending, result: Written | StreamError): void {
    this.#tell(item, result);
    if (item.state === 'sending' || item.state === 'gone') return;
    this.#leave(item);
    this.#stale++;
  }

  /** The item leaves the writer with this result, if its sender has none yet. */
  #drop(item: Pending, result: Written | StreamError): void {
    this.#tell(item, result);
    this.#leave(item);
  }

  #tell(item: Pending, result: Written | StreamError): void {
    if (item.settled) return;
    item.settled = true;
    this.#expiries.delete(item, item.timeoutMs);
    item.settle(result);
    this.#flushes.end(item.stretch);
  }

  #leave(item: Pending): void {
    if (item.state === 'line') this.#budget.leaveLine(item);
    else if (item.state !== 'gone') this.#budget.release(item);
    item.state = 'gone';
  }

  /** Without this, sends that are given up while nothing moves would pile up behind what does not move. */
  #clearOut(): void {
    if (this.#stale < 100 || this.#stale < this.#budget.events + this.#budget.waiting / 2) return;
    this.#stale = 0;
    this.#budget.clearOut();
    this.#batcher.clearOut();
    this.#unplaced.splice(0, this.#unplaced.length, ...this.#unplaced.filter(({ settled }) => !settled));
  }

  #advanceLine(): void {
    for (let item = this.#budget.next(); item !== undefined; item = this.#budget.next()) this.#accept(item);
  }

  /** Who waited long enough for room. */
  #lineWaited(now: number): void {
    for (const item of this.#budget.expired(now)) this.#drop(item, errors.noRoom(this.options, item.blockMs));
    // Whoever stood behind them may find room.
    this.#advanceLine();
    this.#blocked.set(this.#budget.firstBlockedUntil);
  }

  /** Whoever waited too long has an answer now. What is in no batch never leaves; of the rest nobody knows. */
  #expire(now = this.#clock.monotonic()): void {
    const expired = this.#expiries.take(now).toSorted((one, other) => one.order - other.order);
    this.#expiring.set(this.#expiries.first);
    if (expired.length === 0) return;
    for (const { batch, timeoutMs } of expired)
      if (batch?.inFlight === false && batch.deadline <= now && !batch.isDone)
        this.#giveUp(batch, errors.tooLate(timeoutMs, 'unknown', batch.error));
    for (const item of expired) {
      const { batch, timeoutMs } = item;
      const outcome = batch === undefined ? 'not-written' : 'unknown';
      item.expired = true;
      this.#answer(item, errors.tooLate(timeoutMs, outcome, batch?.error ?? this.#closedBy));
    }
    this.#afterFailure(expired);
    this.#openAgain();
    this.#advanceLine();
  }

  #failAll(error: StreamError): void {
    // First of all: what is told to be unwritten must not leave in a batch that was formed already.
    this.#state = 'closed';
    this.#stop.abort(error);
    const unsent = error.withOutcome('not-written');
    for (const item of [...this.#budget.drain(), ...this.#batcher.waiting(), ...this.#unplaced])
      this.#answer(item, unsent);
    for (const batch of this.#batcher.batches()) {
      const outcome = batch.inFlight || batch.maybeWritten ? 'unknown' : 'not-written';
      for (const item of batch.items) this.#answer(item, error.withOutcome(outcome));
    }
  }
}
