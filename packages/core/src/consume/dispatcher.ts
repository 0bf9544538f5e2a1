import type { StreamError } from '../errors/stream-error.ts';
import type { Clock } from '../time/clock.ts';
import type { Turns } from '../time/turns.ts';
import { Attempt } from './attempt.ts';
import { Attempts } from './attempts.ts';
import { tookTooLong } from './engine-errors.ts';
import type { Deliver, EngineParts, Limits } from './engine-parts.ts';
import { Failures, type Outcomes } from './failures.ts';
import { KeyedScheduler } from './keyed-scheduler.ts';
import type { Observer } from './observer.ts';
import type { Holding, Task } from './task.ts';

interface DispatcherParts extends Omit<EngineParts, 'source' | 'settlement' | 'accept'> {
  readonly turns: Turns;
  readonly observer: Observer;
  /** Ends the consumer. */
  readonly fail: (error: StreamError) => void;
  /** Another member may own the assignment, and nobody has said so yet. */
  readonly lapsed: (assignment: Holding) => void;
  /** All that could start has started: there may be room. */
  readonly pumped: () => void;
}

/** Which event runs when: from the scheduler to the handler, and what its end leads to. */
export class Dispatcher implements Outcomes {
  readonly #parts: DispatcherParts;
  readonly #clock: Clock;
  readonly #scheduler = new KeyedScheduler<Task>();
  readonly #running: Attempts;
  readonly #failures: Failures;
  #deliver: Deliver = () => undefined;
  #concurrency = 0;
  #demand = Infinity;
  #isPaused = false;
  #isPumping = false;
  #isPumpDue = false;
  #settled = 0;

  constructor(parts: DispatcherParts) {
    this.#parts = parts;
    this.#clock = parts.clock;
    this.#running = new Attempts(this.#clock, (attempt) => this.#timedOut(attempt));
    this.#failures = new Failures(parts, parts.observer, this);
  }

  /** From now on events are handed out. */
  begin(deliver: Deliver, { concurrency, handlerTimeoutMs }: Limits): void {
    this.#deliver = deliver;
    this.#concurrency = concurrency;
    this.#running.timeoutMs = handlerTimeoutMs;
  }

  /** Handlers that may run now, besides `concurrency`: a stream starts what somebody asked for. */
  demand(handlers: number): void {
    this.#demand = handlers;
    this.pump();
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  pause(): void {
    this.#isPaused = true;
  }

  /** Without starting anything: `pump` does. */
  resume(): void {
    this.#isPaused = false;
  }

  /** Events that could start. */
  get ready(): number {
    return this.#scheduler.ready;
  }

  /** Events that were settled. */
  get settled(): number {
    return this.#settled;
  }

  /** Of its handlers: how long the oldest has run, and whether one is beyond its time while none returns. */
  get handlers(): { readonly oldestMs: number; readonly isStuck: boolean } {
    return { oldestMs: this.#running.oldestMs, isStuck: this.#running.isStuck };
  }

  add(task: Task): void {
    this.#scheduler.add(task);
  }

  /** Takes out what waits for its turn. */
  discard(drop: (task: Task) => boolean): readonly Task[] {
    return this.#scheduler.discard(drop);
  }

  /** Ends what waits for its next attempt, or for another try of its letter. */
  cancelWaits(assignment: Holding): void {
    this.#failures.cancelWaits(assignment);
  }

  /** Aborts the handlers of an assignment that is gone. */
  lose(assignment: Holding, reason: StreamError): void {
    this.#running.lose(assignment, reason);
  }

  /** Nobody is timed out any more. */
  stop(): void {
    this.#running.stop();
  }

  /** Starts all that may start. */
  pump(): void {
    // A handler that returns at once ends inside the loop: one loop at a time, else the stack would grow with the backlog.
    if (this.#isPumping) return;
    this.#isPumping = true;
    while (!this.#isPaused && this.#running.size < this.#concurrency && this.#running.size < this.#demand) {
      const task = this.#scheduler.peek();
      if (task === undefined) break;
      const now = this.#clock.monotonic();
      if (this.#parts.turns.isOverAt(now)) {
        this.#pumpNextTurn();
        break;
      }
      this.#scheduler.next();
      if (task.assignment.isHeld) this.#start(task, now);
      else {
        this.leave(task);
        this.#parts.lapsed(task.assignment);
      }
    }
    this.#isPumping = false;
    this.#parts.pumped();
  }

  again(task: Task): void {
    this.#scheduler.again(task);
  }

  settle(task: Task, result: 'ok' | 'dead-letter' | 'skip', error?: StreamError): void {
    this.#settled++;
    this.#parts.observer.settled(task, result, error);
    task.assignment.settle(task);
    this.#scheduler.finished(task);
  }

  leave(task: Task): void {
    this.#scheduler.finished(task);
    task.assignment.leave(task);
  }

  fail(error: StreamError): void {
    this.#parts.fail(error);
  }

  /** Handlers that return at once must not keep timers, signals and I/O waiting until the backlog ends. */
  #pumpNextTurn(): void {
    if (this.#isPumpDue) return;
    this.#isPumpDue = true;
    this.#parts.turns.next(() => {
      this.#isPumpDue = false;
      this.pump();
    });
  }

  #start(task: Task, startedAt: number): void {
    task.started(startedAt);
    task.assignment.begin();
    task.assignment.start(task);
    const attempt = new Attempt(task, this.#parts.topic, this.#parts.group, startedAt);
    this.#running.add(attempt);
    let result: Promise<unknown> | undefined;
    try {
      result = toPromise(this.#deliver(task.stored, attempt));
    } catch (failure) {
      return this.#ended(attempt, { failure });
    }
    if (result === undefined) return this.#ended(attempt, undefined);
    result.then(
      () => this.#ended(attempt, undefined),
      (failure: unknown) => this.#ended(attempt, { failure }),
    );
  }

  #timedOut(attempt: Attempt): void {
    const failure = tookTooLong(this.#running.timeoutMs);
    attempt.abort(failure);
    this.#ended(attempt, { failure });
  }

  #ended(attempt: Attempt, failed: { readonly failure: unknown } | undefined): void {
    if (!this.#running.remove(attempt)) return;
    const { task } = attempt;
    task.assignment.end();
    // A handler of a lost assignment held its key until now, so that its successor did not overlap with it.
    if (attempt.isLost) this.leave(task);
    else if (failed === undefined) {
      this.#parts.observer.succeeded(task);
      this.settle(task, 'ok');
    } else this.#failures.failed(task, failed.failure);
    this.pump();
  }
}

/** What a handler returned, if it is to be waited for. A thenable of somebody else may throw, or answer twice or never. */
function toPromise(value: unknown): Promise<unknown> | undefined {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null || !('then' in value))
    return undefined;
  if (value instanceof Promise && value.constructor === Promise && value.then === Promise.prototype.then) return value;
  return new Promise((resolve) => resolve(value));
}
