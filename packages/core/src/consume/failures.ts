import { StreamError } from '../errors/stream-error.ts';
import { type Attempt, observe } from '../observe/channels.ts';
import { backoffDelay } from '../retry/backoff.ts';
import { afterFailure, type DecodeFailure, failureError, isDecodeFailure } from '../retry/policy.ts';
import type { EngineParts, LetterContext } from './engine-parts.ts';
import type { Task } from './task.ts';
import { Waits } from './waits.ts';

const attempted = observe('consume:attempt');
const retried = observe('consume:retry');
const letterFailed = observe('consume:dead-letter-failed');

/** Between two tries to write a letter, or to read an event, at least, in milliseconds. */
const leastLetterWaitMs = 50;

interface FailuresParts extends Pick<EngineParts, 'topic' | 'group' | 'options' | 'clock' | 'random' | 'deadLetter'> {
  readonly describe: (task: Task) => Attempt;
  /** The next attempt may start. */
  readonly again: (task: Task) => void;
  readonly settle: (task: Task, result: 'dead-letter' | 'skip', error: StreamError) => void;
  /** Done with the task here, and it is not settled. */
  readonly leave: (task: Task) => void;
  readonly fail: (error: StreamError) => void;
  /** Something may be able to start. */
  readonly changed: () => void;
}

/** What becomes of events whose handler failed: another attempt, a dead letter, a skip, or the end of the consumer. */
export class Failures {
  readonly #parts: FailuresParts;
  readonly #waits: Waits;

  constructor(parts: FailuresParts) {
    this.#parts = parts;
    this.#waits = new Waits(parts.clock);
  }

  failed(task: Task, failure: unknown): void {
    const { clock, options, random } = this.#parts;
    if (isDecodeFailure(failure) && failure.fate !== undefined) return this.#unread(task, failure);
    task.delays = 0;
    const delayMs = afterFailure(options.retry, task.attempts, failure, random);
    task.firstFailure ??= clock.now();
    task.failedAt(clock.monotonic());
    const isUnknownType = isDecodeFailure(failure) && failure.isUnknownType;
    const then = isUnknownType ? options.onUnknownType : options.onFailure;
    this.#tell(task, delayMs === 'final' ? then : 'retry', failure);
    if (delayMs === 'final') {
      return this.#hopeless(task, failureError(failure), then);
    }
    if (retried.hasSubscribers) {
      const { ms } = task.times(clock.monotonic());
      retried.publish({ ...this.#parts.describe(task), delayMs, ms, error: failure });
    }
    this.#wait(task, delayMs, () => {
      this.#parts.again(task);
      this.#parts.changed();
    });
  }

  #tell(task: Task, result: 'retry' | 'dead-letter' | 'stop' | 'skip', failure: unknown): void {
    if (!attempted.hasSubscribers) return;
    const { topic, group, clock } = this.#parts;
    const { ms } = task.times(clock.monotonic());
    attempted.publish({ topic, group, result, ms, code: failureError(failure).code });
  }

  /** The event was never handed out: this does not count as a failed attempt. */
  #unread(task: Task, { error, fate }: DecodeFailure): void {
    const { clock, options, random, describe } = this.#parts;
    task.failedAt(clock.monotonic());
    if (fate === 'stop') {
      this.#parts.leave(task);
      return this.#parts.fail(error);
    }
    const delayMs = Math.max(leastLetterWaitMs, backoffDelay(options.retry.backoff, ++task.delays, random));
    if (retried.hasSubscribers) {
      const { ms } = task.times(clock.monotonic());
      retried.publish({ ...describe(task), delayMs, ms, error });
    }
    task.attempts--;
    this.#wait(task, delayMs, () => {
      this.#parts.again(task);
      this.#parts.changed();
    });
  }

  /** Ends the waits of these tasks, and returns them. */
  cancelWaits(isGone: (task: Task) => boolean): readonly Task[] {
    return this.#waits.cancel(isGone);
  }

  #hopeless(task: Task, error: StreamError, then: 'dead-letter' | 'stop' | 'skip'): void {
    if (then === 'skip') return this.#parts.settle(task, 'skip', error);
    if (then === 'dead-letter') return this.#writeLetter(task, error, 1);
    this.#parts.leave(task);
    this.#parts.fail(error);
  }

  #writeLetter(task: Task, error: StreamError, tries: number): void {
    const { lane } = task;
    const lastFailure = this.#parts.clock.now();
    const context: LetterContext = {
      error,
      attempts: task.attempts,
      firstFailure: task.firstFailure ?? lastFailure,
      lastFailure,
    };
    lane.busy++;
    const written = (failure?: StreamError): void => {
      lane.busy--;
      if (lane.status === 'gone') this.#parts.leave(task);
      else if (failure === undefined) this.#parts.settle(task, 'dead-letter', error);
      else this.#letterFailed(task, error, tries, failure);
      this.#parts.changed();
    };
    // Async, so that an attempt which throws at once is a failed one as well.
    const write = async (): Promise<unknown> => this.#parts.deadLetter(task.stored, context);
    write().then(
      () => written(),
      (thrown: unknown) => written(StreamError.from(thrown, 'consumer')),
    );
  }

  /** Neither lost nor skipped: the key waits until its letter is written. */
  #letterFailed(task: Task, error: StreamError, tries: number, failure: StreamError): void {
    const { options, random, describe } = this.#parts;
    if (letterFailed.hasSubscribers) letterFailed.publish({ ...describe(task), error: failure });
    const delayMs = Math.max(leastLetterWaitMs, backoffDelay(options.retry.backoff, tries, random));
    this.#wait(task, delayMs, () => this.#writeLetter(task, error, tries + 1));
  }

  #wait(task: Task, ms: number, then: () => void): void {
    if (task.lane.drain?.mode === 'running') this.#parts.leave(task);
    else this.#waits.add(task, ms, then);
  }
}
