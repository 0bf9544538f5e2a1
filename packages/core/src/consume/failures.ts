import { StreamError } from '../errors/stream-error.ts';
import { backoffDelay } from '../retry/backoff.ts';
import { type DecodeFailure, failureError, isDecodeFailure } from '../retry/policy.ts';
import { heldBack } from './engine-errors.ts';
import type { EngineParts, LetterContext } from './engine-parts.ts';
import { judgeFailure } from './failure-policy.ts';
import type { Observer } from './observer.ts';
import type { Holding, Task } from './task.ts';
import { Waits } from './waits.ts';

/** Between two tries to write a letter, or to read an event, at least, in milliseconds. */
const leastLetterWaitMs = 50;

/** What becomes of a task in the end. */
export interface Outcomes {
  /** The next attempt may start. */
  again(task: Task): void;
  settle(task: Task, result: 'dead-letter' | 'skip', error: StreamError): void;
  /** Done with the task here, and it is not settled. */
  leave(task: Task): void;
  /** Ends the consumer. */
  fail(error: StreamError): void;
  /** Something may be able to start. */
  pump(): void;
}

/** Carries out what the policy says of a failed attempt: waits, and writes letters. */
export class Failures {
  readonly #parts: Pick<EngineParts, 'settings' | 'clock' | 'random' | 'deadLetter'>;
  readonly #observer: Observer;
  readonly #outcomes: Outcomes;
  readonly #waits: Waits;

  constructor(
    parts: Pick<EngineParts, 'settings' | 'clock' | 'random' | 'deadLetter'>,
    observer: Observer,
    outcomes: Outcomes,
  ) {
    this.#parts = parts;
    this.#observer = observer;
    this.#outcomes = outcomes;
    this.#waits = new Waits(parts.clock);
  }

  failed(task: Task, failure: unknown): void {
    const { clock, settings, random } = this.#parts;
    if (failure === heldBack) return this.#holdBack(task);
    if (isDecodeFailure(failure) && failure.fate !== undefined) return this.#unread(task, failure);
    const verdict = judgeFailure(settings, task.attempts, failure, random);
    task.failed(clock.now(), clock.monotonic());
    this.#observer.failed(task, typeof verdict === 'number' ? 'retry' : verdict, failure);
    if (typeof verdict === 'number') {
      this.#observer.retried(task, verdict, failure);
      this.#wait(task, verdict, () => {
        this.#outcomes.again(task);
        this.#outcomes.pump();
      });
    } else this.#giveUp(task, failureError(failure), verdict);
  }

  /** It runs once the consumer goes on; a hand-over does not wait for that. */
  #holdBack(task: Task): void {
    task.uncount();
    if (task.assignment.isHurried) this.#outcomes.leave(task);
    else this.#outcomes.again(task);
  }

  /** The event was never handed out: this does not count as a failed attempt. */
  #unread(task: Task, { error, fate }: DecodeFailure): void {
    const { clock, settings, random } = this.#parts;
    const delays = task.unread(clock.monotonic());
    if (fate === 'stop') {
      this.#outcomes.leave(task);
      return this.#outcomes.fail(error);
    }
    const delayMs = Math.max(leastLetterWaitMs, backoffDelay(settings.retry.backoff, delays, random));
    this.#observer.retried(task, delayMs, error);
    task.uncount();
    this.#wait(task, delayMs, () => {
      this.#outcomes.again(task);
      this.#outcomes.pump();
    });
  }

  /** Ends the waits of this assignment's tasks. */
  cancelWaits(assignment: Holding): void {
    for (const task of this.#waits.cancel(assignment)) this.#outcomes.leave(task);
  }

  #giveUp(task: Task, error: StreamError, verdict: 'dead-letter' | 'stop' | 'skip'): void {
    if (verdict === 'skip') return this.#outcomes.settle(task, 'skip', error);
    if (verdict === 'dead-letter') return this.#writeLetter(task, error, 1);
    this.#outcomes.leave(task);
    this.#outcomes.fail(error);
  }

  #writeLetter(task: Task, error: StreamError, tries: number): void {
    const { assignment } = task;
    const lastFailure = this.#parts.clock.now();
    const context: LetterContext = {
      error,
      attempts: task.attempts,
      firstFailure: task.firstFailure ?? lastFailure,
      lastFailure,
    };
    assignment.begin();
    const written = (failure?: StreamError): void => {
      assignment.end();
      if (assignment.isGone) this.#outcomes.leave(task);
      else if (failure === undefined) this.#outcomes.settle(task, 'dead-letter', error);
      else this.#letterFailed(task, error, tries, failure);
      this.#outcomes.pump();
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
    const { settings, random } = this.#parts;
    this.#observer.letterFailed(task, failure);
    const delayMs = Math.max(leastLetterWaitMs, backoffDelay(settings.retry.backoff, tries, random));
    this.#wait(task, delayMs, () => this.#writeLetter(task, error, tries + 1));
  }

  #wait(task: Task, ms: number, then: () => void): void {
    if (task.assignment.isHurried) this.#outcomes.leave(task);
    else this.#waits.add(task, ms, then);
  }
}
