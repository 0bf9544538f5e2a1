import type { Sink } from '../contract/sink.ts';
import type { StreamError } from '../errors/stream-error.ts';
import type { EncodedEvent, Key } from '../model/encoded.ts';
import { Alarm } from '../time/alarm.ts';
import type { CancelTimer, Clock } from '../time/clock.ts';
import { onAbort } from '../time/on-abort.ts';
import { abortedBy } from '../time/wait.ts';
import { Outbox } from './outbox.ts';
import { type Answer, Pending } from './pending.ts';
import { Placing } from './placing.ts';
import { Requests } from './requests.ts';
import { resolveSendOptions, type SendSettings, type WriterSettings } from './settings.ts';
import * as errors from './writer-errors.ts';
import { ToldAnswers } from './told-answer.ts';
import type { WriterParts } from './writer-parts.ts';

/**
 * Takes encoded events of one topic to its sink: budget, order, retries, and an answer for each, whatever happens.
 * All state is changed in synchronous methods; only `write` and `open` of the sink are awaited, and what they return is one
 * more message. The first of all that is due has a timer, for everybody.
 */
export class Writer {
  readonly topic: string;
  readonly settings: WriterSettings;
  readonly #parts: WriterParts;
  readonly #outbox: Outbox;
  readonly #placing: Placing;
  readonly #requests: Requests;
  readonly #alarm: Alarm;
  readonly #told: ToldAnswers;
  #sends = 0;
  #isSendDue = false;
  #lingering: CancelTimer | undefined;
  #closing: Promise<void> | undefined;

  constructor(topic: string, sink: Sink, settings: WriterSettings, clock: Clock, random: () => number) {
    this.topic = topic;
    this.settings = settings;
    const outbox = new Outbox(settings, sink.limits, (lane) => sink.route(lane));
    const parts = { topic, sink, settings, clock, random, outbox, stop: new AbortController() };
    const moved = (): void => this.#moved();
    this.#parts = parts;
    this.#outbox = outbox;
    this.#placing = new Placing(parts, moved);
    this.#requests = new Requests(parts, this.#placing, moved);
    this.#alarm = new Alarm(clock, (now) => this.#due(now));
    this.#told = new ToldAnswers(topic, clock);
  }

  /** Events and bytes held now, and senders that wait for room. */
  get buffered(): { readonly events: number; readonly bytes: number; readonly waiting: number } {
    const { events, bytes, line } = this.#outbox.budget;
    return { events, bytes, waiting: line.length };
  }

  /** Calls `answer` exactly once. Calls of one key are stored in the order made. */
  write(event: EncodedEvent, answerSender: Answer, given?: SendSettings): void {
    const now = this.#parts.clock.monotonic();
    const settings = given ?? resolveSendOptions({}, this.settings, now);
    const told = this.#told.isHeard ? this.#told.of(event, settings.sentAt, answerSender) : undefined;
    const answer = told?.answer ?? answerSender;
    const { signal } = settings;
    if (this.#closing !== undefined) return answer(errors.closed());
    if (signal?.aborted === true) return answer(abortedBy(signal).withOutcome('not-written'));
    if (this.#outbox.failedKeys.has(event.key)) return answer(errors.keyFailed(event.key));
    const item = this.#pending(event, answer, settings, now);
    if (told !== undefined) told.item = item;
    if (this.#outbox.budget.admit(item, now)) this.#accept(item);
    else this.#alarm.set(item.until);
  }

  /** Resolves when everything that was accepted or waits by now has an answer. */
  flush(): Promise<void> {
    this.#requests.send();
    return this.#outbox.flushes.flush();
  }

  resumeKey(key: Key): void {
    this.#outbox.failedKeys.delete(key);
  }

  /** Flushes for at most `deadlineMs`, fails what is left, closes the sink. Idempotent. */
  close(deadlineMs: number): Promise<void> {
    this.#closing ??= this.#close(deadlineMs);
    return this.#closing;
  }

  async #close(deadlineMs: number): Promise<void> {
    const error = errors.closedTooEarly();
    const cancelDeadline = this.#parts.clock.timer(deadlineMs, () => {
      // First of all: what is told to be unwritten must not leave in a batch that was formed already.
      this.#stop(error);
      this.#outbox.failAll(error);
    });
    await this.flush();
    cancelDeadline();
    this.#stop(error);
    // An aborted write returns at once; the sink must not be closed under it.
    await Promise.all([...this.#requests.underWay, this.#placing.opening]);
    await this.#parts.sink.close();
  }

  #stop(error: StreamError): void {
    this.#placing.close();
    this.#parts.stop.abort(error);
    this.#alarm.stop();
    this.#lingering?.();
  }

  #pending(event: EncodedEvent, answer: Answer, settings: SendSettings, now: number): Pending {
    const { signal, timeoutMs, sentAt } = settings;
    const deadline = sentAt + timeoutMs;
    // A schema that answered late has left less time.
    const blockMs = Math.max(0, Math.min(settings.blockMs, deadline - now));
    const wireBytes = this.#parts.sink.wireBytes?.(event);
    const stretch = this.#outbox.flushes.begin();
    const item = new Pending(event, wireBytes, this.#sends++, { timeoutMs, blockMs, deadline }, stretch, answer);
    if (signal === undefined) return item;
    item.answer = (result) => {
      forget();
      answer(result);
    };
    const forget = onAbort(signal, () => {
      const outcome = item.batch === undefined ? 'not-written' : 'unknown';
      this.#outbox.answer(item, abortedBy(signal).withOutcome(outcome));
      // Its room is somebody else's now.
      this.#advanceLine();
    });
    return item;
  }

  /** The item is counted in the budget from here until it is answered unsent, or its batch is done. */
  #accept(item: Pending): void {
    this.#outbox.accept(item);
    this.#alarm.set(item.deadline);
    this.#placing.add(item);
    this.#sendSoon();
  }

  #advanceLine(): void {
    const { budget } = this.#outbox;
    for (let item = budget.next(); item !== undefined; item = budget.next()) this.#accept(item);
  }

  /** Everything sent in one turn of the event loop leaves together; nothing waits for a timer unless `linger` asks. */
  #sendSoon(): void {
    if (this.#isSendDue || !this.#placing.isOpen) return;
    this.#isSendDue = true;
    const send = (): void => {
      this.#isSendDue = false;
      this.#requests.send();
    };
    if (this.settings.lingerMs > 0) this.#lingering = this.#parts.clock.timer(this.settings.lingerMs, send);
    else queueMicrotask(send);
  }

  #moved(): void {
    this.#advanceLine();
    this.#requests.send();
    if (!this.#parts.stop.signal.aborted) this.#alarm.set(this.#requests.firstRetry);
  }

  /** Whoever waited too long has an answer now; then batches whose wait is over leave again. */
  #due(now: number): void {
    for (const item of this.#outbox.budget.expired(now))
      this.#outbox.answer(item, errors.noRoom(this.settings, item.blockMs));
    this.#expire(now);
    this.#requests.retryDue(now);
    this.#placing.openAgain();
    this.#moved();
    this.#alarm.set(this.#outbox.firstDue);
  }

  /** What is in no batch never leaves; of the rest nobody knows. */
  #expire(now: number): void {
    const expired = this.#outbox.expired(now);
    for (const { batch, timeoutMs } of expired)
      if (batch?.inFlight === false && batch.deadline <= now && !batch.isDone)
        this.#requests.giveUp(batch, errors.tooLate(timeoutMs, 'unknown', batch.error));
    for (const item of expired) {
      const { batch, timeoutMs } = item;
      const outcome = batch === undefined ? 'not-written' : 'unknown';
      item.hasExpired = true;
      this.#outbox.answer(item, errors.tooLate(timeoutMs, outcome, batch?.error ?? this.#placing.closedBy));
    }
    this.#outbox.failKeys(expired);
  }
}
