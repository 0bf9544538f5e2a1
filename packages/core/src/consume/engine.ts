import { eventName } from '../codec/event-name.ts';
import type { Gap, Assignment, ReadResult, SourceListener } from '../contract/source.ts';
import { StreamError } from '../errors/stream-error.ts';
import { observe, type Attempt as AttemptMessage, type Ownership } from '../observe/channels.ts';
import type { CancelTimer, Clock } from '../time/clock.ts';
import { linkedSignal } from '../time/on-abort.ts';
import { type Turns, turnsOf } from '../time/turns.ts';
import { Attempts } from './attempts.ts';
import { Committer } from './committer.ts';
import { expired, outOfReach, tookTooLong } from './engine-errors.ts';
import type { EngineOptions } from './engine-options.ts';
import type { EngineParts } from './engine-parts.ts';
import { Failures } from './failures.ts';
import { InFlight } from './in-flight.ts';
import { KeyedScheduler } from './keyed-scheduler.ts';
import { type Drain, LaneState, newDrain } from './lane-state.ts';
import { Readers } from './readers.ts';
import { Attempt, slotOf, Task } from './task.ts';

const assigned = observe('consume:assigned');
const revoked = observe('consume:revoked');
const lost = observe('consume:lost');
const attempted = observe('consume:attempt');
const settled = observe('consume:settled');
const gapSeen = observe('consume:gap');

/** After the deadline of `close`, for storing what had settled by then, in milliseconds. */
const lastCommitMs = 1_000;

let leases = 0;

/**
 * One consumer: lanes → keyed scheduler → handler → retry or dead letter → watermark → commit.
 *
 * All its state is changed in synchronous methods of this class, each one message: assigned, revoking, lost, received,
 * ended, timer. Nothing is changed across an `await`, so there is no order of events that a lock would have to exclude.
 */
export class Engine implements SourceListener {
  readonly #parts: EngineParts;
  readonly #options: EngineOptions;
  readonly #clock: Clock;
  readonly #turns: Turns;
  readonly #lanes = new Map<Assignment, LaneState>();
  readonly #scheduler = new KeyedScheduler<Task>();
  readonly #running: Attempts;
  readonly #failures: Failures;
  readonly #readers: Readers;
  readonly #committer: Committer;
  readonly #inFlight: InFlight;
  readonly #stop = new AbortController();
  /** Aborted when even the last commits of a close have had their time. */
  readonly #late = new AbortController();
  #handled = 0;
  #demand = Infinity;
  #paused = false;
  #isClosing = false;
  #pumping = false;
  #isPumpDue = false;
  #failure: StreamError | undefined;
  #finished: Promise<void> | undefined;
  #whenIdle: (() => void) | undefined;
  #isReady: () => void = () => undefined;
  readonly #whenReady: Promise<void> = new Promise((resolve) => (this.#isReady = resolve));

  constructor(parts: EngineParts) {
    this.#parts = parts;
    this.#options = parts.options;
    this.#clock = parts.clock;
    this.#turns = turnsOf(parts.clock);
    this.#running = new Attempts(this.#clock, this.#options.handlerTimeoutMs, (attempt) => this.#timedOut(attempt));
    this.#failures = new Failures({
      ...parts,
      describe: (task) => this.#describe(task),
      again: (task) => this.#scheduler.again(task),
      settle: (task, result, error) => this.#settle(task, result, error),
      leave: (task) => this.#leave(task),
      fail: (error) => this.#fail(error),
      changed: () => this.#pump(),
    });
    this.#readers = new Readers({
      maxSpan: this.#options.maxSpan,
      turns: this.#turns,
      lanes: () => this.#lanes.values(),
      // When nothing is runnable, stuck keys must not keep the rest of the room unused.
      rests: () => this.#inFlight.isTight && this.#scheduler.ready > 0,
      received: (state, result) => this.#received(state, result),
      fail: (error) => this.#fail(error),
    });
    this.#committer = new Committer({
      ...parts,
      lanes: () => this.#lanes.values(),
      describe: (state) => this.#ownership(state),
      fail: (error) => this.#fail(error),
      told: (tasks) => this.#told(tasks),
    });
    this.#inFlight = new InFlight(parts.options.maxEvents, parts.options.maxBytes);
  }

  get inFlight(): { readonly events: number; readonly bytes: number } {
    return { events: this.#inFlight.events, bytes: this.#inFlight.bytes };
  }

  /** Of its handlers: how long the oldest has run, and whether one is beyond its time while none returns. */
  get handlers(): { readonly oldestMs: number; readonly isStuck: boolean } {
    return { oldestMs: this.#running.oldestMs, isStuck: this.#running.isStuck };
  }

  get assignments(): readonly string[] {
    return [...this.#lanes.values()].filter((state) => state.status === 'active').map((state) => state.lane.partition);
  }

  /** It ended by itself, not because somebody closed it. */
  get failed(): boolean {
    return this.#failure !== undefined;
  }

  /** Events that were settled. */
  get handled(): number {
    return this.#handled;
  }

  /** Handlers that may run now, besides `concurrency`: a stream starts what somebody asked for. */
  demand(handlers: number): void {
    this.#demand = handlers;
    this.#pump();
  }

  pause(): void {
    this.#paused = true;
    // A drain that waits for handlers which may not start would hold up the group.
    for (const state of this.#lanes.values()) if (state.drain !== undefined) void this.#beginDrain(state, 'running');
  }

  resume(): void {
    this.#paused = false;
    this.#pump();
  }

  /** Runs until `close`, the end of a range, or a failure, which it rejects with. Once. */
  run(): Promise<void> {
    this.#finished ??= this.#run();
    return this.#finished;
  }

  /**
   * Starts nothing above what was started, waits for the rest until the deadline, commits, hands back, leaves. Idempotent.
   */
  async close(deadlineMs: number): Promise<void> {
    this.#paused = false;
    this.#isClosing = true;
    for (const state of this.#lanes.values()) void this.#beginDrain(state, 'started');
    this.#pump();
    const cancel = this.#clock.timer(deadlineMs, () => {
      for (const state of this.#lanes.values()) state.drain?.done();
    });
    const cancelCommits = this.#clock.timer(deadlineMs + lastCommitMs, () => this.#late.abort());
    this.#stop.abort(new StreamError('closed', 'the consumer is closed', { where: 'consumer' }));
    this.#whenIdle?.();
    await this.#finished?.catch(() => undefined);
    cancel();
    cancelCommits();
  }

  get #isStopped(): boolean {
    return this.#failure !== undefined || this.#stop.signal.aborted;
  }

  async #run(): Promise<void> {
    try {
      await this.#parts.source.run(this, this.#stop.signal);
    } catch (thrown) {
      this.#fail(StreamError.from(thrown, 'consumer'));
    }
    // What is left now are ended lanes of a range, or lanes of a source that failed.
    if (!this.#isStopped && this.#inFlight.events > 0) await new Promise<void>((resolve) => (this.#whenIdle = resolve));
    if (this.#isStopped) await Promise.all([...this.#lanes.keys()].map((lane) => this.revoking(lane)));
    this.#running.stop();
    this.#committer.stop();
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Resolves once the member holds its share, with the places stored where it begins. */
  get whenReady(): Promise<void> {
    return this.#whenReady;
  }

  ready(): void {
    this.#isReady();
  }

  assigned(lane: Assignment): void {
    const state = new LaneState(lane, ++leases, this.#parts.settlement, this.#inFlight);
    this.#lanes.set(lane, state);
    if (assigned.hasSubscribers) assigned.publish(this.#ownership(state));
    if (this.#stop.signal.aborted) void this.#beginDrain(state, 'running');
    else void this.#readers.read(state);
  }

  async revoking(lane: Assignment): Promise<void> {
    const state = this.#lanes.get(lane);
    if (state === undefined) return;
    const cancel = this.#afterDrainTime(() => state.drain?.done());
    const drained = this.#beginDrain(state, this.#failure === undefined && !this.#paused ? 'started' : 'running');
    this.#pump();
    await drained;
    cancel();
    const overdue = new AbortController();
    const cancelCommits = this.#afterDrainTime(() => overdue.abort());
    const { signal: either, unlink } = linkedSignal([this.#late.signal, overdue.signal]);
    await this.#committer.finish(state, either);
    unlink();
    cancelCommits();
    if (this.#lanes.get(lane) !== state) return;
    if (revoked.hasSubscribers) revoked.publish(this.#ownership(state));
    this.#forget(
      state,
      new StreamError('lease-lost', `partition ${lane.partition} was handed on before the handler ended`, {
        where: 'consumer',
      }),
    );
  }

  lost(lane: Assignment, reason: StreamError): void {
    const state = this.#lanes.get(lane);
    if (state === undefined) return;
    if (lost.hasSubscribers) lost.publish({ ...this.#ownership(state), error: reason });
    this.#forget(state, reason);
  }

  /** Bounds a hand-over. `close` has a deadline of its own, shorter or longer, and takes what is handed over along. */
  #afterDrainTime(then: () => void): CancelTimer {
    return this.#clock.timer(this.#options.drainTimeoutMs, () => {
      if (!this.#isClosing) then();
    });
  }

  #received(state: LaneState, result: ReadResult): void {
    if (result === 'end') {
      state.ended = true;
      return;
    }
    if ('gap' in result) return this.#gap(state, result);
    const sizes = state.room.claim();
    if (sizes.length !== result.length)
      throw new StreamError('internal', `read ${result.length} events and took room for ${sizes.length}`, {
        where: 'consumer',
      });
    for (const [index, stored] of result.entries()) {
      const bytes = sizes[index] ?? 0;
      const number = state.add(stored.position);
      if (this.#parts.accept?.(stored) === false) {
        state.settle(number);
        this.#inFlight.remove(bytes);
      } else this.#scheduler.add(new Task(stored, state, number, bytes, slotOf(stored, this.#options.ordering)));
    }
    this.#pump();
  }

  #gap(state: LaneState, gap: Gap): void {
    const { missing, from, to } = gap;
    if (gapSeen.hasSubscribers) gapSeen.publish({ ...this.#ownership(state), missing, from, to });
    if (this.#options.onExpired === 'continue') return;
    this.#fail(expired(state.lane.partition, gap));
  }

  #pump(): void {
    // A handler that returns at once ends inside the loop: one loop at a time, else the stack would grow with the backlog.
    if (this.#pumping) return;
    this.#pumping = true;
    while (!this.#paused && this.#running.size < this.#options.concurrency && this.#running.size < this.#demand) {
      if (this.#turns.isOver) {
        this.#pumpNextTurn();
        break;
      }
      const task = this.#scheduler.next();
      if (task === undefined) break;
      if (task.lane.lane.isHeld === false) this.#lapsed(task);
      else this.#start(task);
    }
    this.#pumping = false;
    this.#readers.wake();
  }

  /** Handlers that return at once must not keep timers, signals and I/O waiting until the backlog ends. */
  #pumpNextTurn(): void {
    if (this.#isPumpDue) return;
    this.#isPumpDue = true;
    this.#turns.next(() => {
      this.#isPumpDue = false;
      this.#pump();
    });
  }

  /** The member could not reach the service within its session timeout and has not been told yet. */
  #lapsed(task: Task): void {
    this.#leave(task);
    const { lane } = task.lane;
    this.lost(lane, outOfReach(lane.partition));
  }

  #start(task: Task): void {
    const { lane } = task;
    task.attempts++;
    lane.busy++;
    task.begin();
    if (task.number > lane.highestStarted) lane.highestStarted = task.number;
    const attempt = new Attempt(task, this.#parts.topic, this.#parts.group, this.#clock.monotonic());
    task.started(attempt.startedAt);
    this.#running.add(attempt);
    let result: Promise<unknown> | undefined;
    try {
      result = toPromise(this.#parts.process(task.stored, attempt));
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
    const failure = tookTooLong(this.#options.handlerTimeoutMs);
    attempt.abort(failure);
    this.#ended(attempt, { failure });
  }

  #ended(attempt: Attempt, failed: { readonly failure: unknown } | undefined): void {
    if (!this.#running.remove(attempt)) return;
    const { task } = attempt;
    const isLost = attempt.state === 'lost';
    attempt.state = 'over';
    task.lane.busy--;
    // A handler of a lost lane held its key until now, so that its successor did not overlap with it.
    if (isLost) this.#leave(task);
    else if (failed === undefined) this.#succeeded(task);
    else this.#failures.failed(task, failed.failure);
    this.#pump();
  }

  #succeeded(task: Task): void {
    if (attempted.hasSubscribers) {
      const { topic, group } = this.#parts;
      attempted.publish({ topic, group, result: 'ok', ms: task.times(this.#clock.monotonic()).ms });
    }
    this.#settle(task, 'ok');
  }

  #settle(task: Task, result: 'ok' | 'dead-letter' | 'skip', error?: StreamError): void {
    const { lane } = task;
    this.#handled++;
    if (settled.hasSubscribers) {
      const times = task.times(this.#clock.monotonic());
      settled.publish({ ...this.#describe(task), result, ...times, ...(error === undefined ? {} : { error }) });
    }
    lane.settle(task.number);
    this.#committer.settled(lane, task);
    this.#leave(task, lane.settlement === 'individual');
  }

  /** Single events take up room until the provider knows that they are settled. */
  #told(tasks: readonly Task[]): void {
    for (const task of tasks) this.#release(task);
    this.#pump();
  }

  /** Done with the task here; if it was not settled it comes again, to this member or another. */
  #leave(task: Task, keepsRoom = false): void {
    task.endBegun();
    this.#scheduler.finished(task);
    if (!keepsRoom) this.#release(task);
    this.#checkDrain(task.lane);
  }

  #release(task: Task): void {
    if (!task.isCounted) return;
    task.isCounted = false;
    this.#inFlight.remove(task.bytes);
    if (this.#inFlight.events === 0) this.#whenIdle?.();
  }

  #beginDrain(state: LaneState, mode: Drain['mode']): Promise<void> {
    if (state.status === 'gone') return Promise.resolve();
    if (state.drain === undefined || (state.drain.mode === 'started' && mode === 'running')) {
      const drain = state.drain ?? newDrain();
      state.drain = { ...drain, mode };
      state.status = 'draining';
      state.stopReading();
      const drop = (task: Task): boolean => task.lane === state && (mode === 'running' || !state.owes(task));
      const dropped = this.#discard(drop);
      if (state.settlement === 'individual') state.lane.release?.(dropped.map(({ stored }) => stored));
      if (mode === 'running') this.#cancelWaits((task) => task.lane === state);
    }
    this.#checkDrain(state);
    return state.drain?.promise ?? Promise.resolve();
  }

  #checkDrain(state: LaneState): void {
    if (state.drain === undefined) return;
    const { mode, done } = state.drain;
    if (mode === 'started' ? state.isFinished : state.busy === 0) done();
  }

  #forget(state: LaneState, reason: StreamError): void {
    state.status = 'gone';
    this.#lanes.delete(state.lane);
    state.stopReading();
    state.drain?.done();
    const isGone = (task: Task): boolean => task.lane === state;
    this.#discard(isGone);
    this.#cancelWaits(isGone);
    this.#running.lose(isGone, reason);
    this.#committer.forget(state);
    this.#pump();
  }

  #discard(drop: (task: Task) => boolean): readonly Task[] {
    const dropped = this.#scheduler.discard(drop);
    for (const task of dropped) {
      task.endBegun();
      this.#release(task);
    }
    return dropped;
  }

  #cancelWaits(isGone: (task: Task) => boolean): void {
    for (const task of this.#failures.cancelWaits(isGone)) this.#leave(task);
  }

  /** Ends the consumer: running handlers finish, nothing else starts, the event that failed stays unsettled. */
  #fail(error: StreamError): void {
    this.#failure ??= error;
    for (const state of this.#lanes.values()) void this.#beginDrain(state, 'running');
    this.#stop.abort(error);
    this.#whenIdle?.();
  }

  #ownership(state: LaneState): Ownership {
    const { topic, group, member } = this.#parts;
    return { topic, group, member, partition: state.lane.partition, lease: state.lease };
  }

  #describe(task: Task): AttemptMessage {
    const { position, key } = task.stored;
    return { ...this.#ownership(task.lane), position, key, ...eventName(task.stored), attempt: task.attempts };
  }
}

/** What a handler returned, if it is to be waited for. A thenable of somebody else may throw, or answer twice or never. */
function toPromise(value: unknown): Promise<unknown> | undefined {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null || !('then' in value))
    return undefined;
  if (value instanceof Promise && value.constructor === Promise && value.then === Promise.prototype.then) return value;
  return new Promise((resolve) => resolve(value));
}
