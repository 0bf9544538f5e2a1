import type { Assignment, SourceListener } from '../contract/source.ts';
import { StreamError } from '../errors/stream-error.ts';
import type { CancelTimer, Clock } from '../time/clock.ts';
import { linkedSignal } from '../time/on-abort.ts';
import { turnsOf } from '../time/turns.ts';
import { HeldAssignment, type Shared } from './assignment.ts';
import { CommitSchedule } from './commit-schedule.ts';
import { Dispatcher } from './dispatcher.ts';
import { handedOn, outOfReach } from './engine-errors.ts';
import type { Deliver, EngineParts, Limits } from './engine-parts.ts';
import { InFlight } from './in-flight.ts';
import { Observer } from './observer.ts';
import { Readers } from './readers.ts';

/** After the deadline of `close`, for storing what had settled by then, in milliseconds. */
const lastCommitMs = 1_000;

let numbers = 0;

/**
 * One consumer: assignments → keyed scheduler → handler → retry or dead letter → ledger → commit. The engine owns its life:
 * what it holds, how that goes, and how it ends. It exists before it runs, and does so once.
 *
 * State is changed in synchronous methods of its owner, each one message: assigned, revoking, lost, received, ended, timer.
 */
export class Engine implements SourceListener {
  readonly #parts: EngineParts;
  readonly #clock: Clock;
  readonly #held = new Map<Assignment, HeldAssignment>();
  readonly #inFlight: InFlight;
  readonly #dispatcher: Dispatcher;
  readonly #readers: Readers;
  readonly #shared: Shared;
  readonly #stop = new AbortController();
  /** Aborted when even the last commits of a close have had their time. */
  readonly #late = new AbortController();
  #isClosing = false;
  #failure: StreamError | undefined;
  #finished: Promise<void> | undefined;
  #whenIdle: (() => void) | undefined;
  #isReady: () => void = () => undefined;
  /** Resolves once the member holds its share, with the places stored where it begins. */
  readonly whenReady: Promise<void> = new Promise((resolve) => (this.#isReady = resolve));

  constructor(parts: EngineParts) {
    const { clock, random, settings } = parts;
    const turns = turnsOf(clock);
    const observer = new Observer(parts, clock);
    const assignments = (): Iterable<HeldAssignment> => this.#held.values();
    const fail = (error: StreamError): void => this.#fail(error);
    this.#parts = parts;
    this.#clock = clock;
    this.#inFlight = new InFlight(settings.maxEvents, settings.maxBytes, () => this.#whenIdle?.());
    this.#dispatcher = new Dispatcher({
      ...parts,
      turns,
      observer,
      fail,
      lapsed: (lapsed) => {
        for (const held of this.#held.values()) if (held === lapsed) this.#lost(held, outOfReach(held.partition));
      },
      pumped: () => this.#readers.wake(),
    });
    this.#readers = new Readers({
      turns,
      // When nothing is runnable, stuck keys must not keep the rest of the room unused.
      rests: () => this.#inFlight.isTight && this.#dispatcher.ready > 0,
      fail,
    });
    const schedule = new CommitSchedule(clock, random, settings.commitIntervalMs, assignments);
    this.#shared = { ...parts, inFlight: this.#inFlight, dispatcher: this.#dispatcher, schedule, observer, fail };
  }

  get inFlight(): { readonly events: number; readonly bytes: number } {
    return { events: this.#inFlight.events, bytes: this.#inFlight.bytes };
  }

  /** Of its handlers: how long the oldest has run, and whether one is beyond its time while none returns. */
  get handlers(): { readonly oldestMs: number; readonly isStuck: boolean } {
    return this.#dispatcher.handlers;
  }

  get assignments(): readonly string[] {
    return [...this.#held.values()].filter(({ isActive }) => isActive).map(({ partition }) => partition);
  }

  /** It ended by itself, not because somebody closed it. */
  get failed(): boolean {
    return this.#failure !== undefined;
  }

  /** Events that were settled. */
  get handled(): number {
    return this.#dispatcher.settled;
  }

  get isPaused(): boolean {
    return this.#dispatcher.isPaused;
  }

  /** Handlers that may run now, besides `concurrency`: a stream starts what somebody asked for. */
  demand(handlers: number): void {
    this.#dispatcher.demand(handlers);
  }

  pause(): void {
    this.#dispatcher.pause();
    // A drain that waits for handlers which may not start would hold up the group.
    for (const held of this.#held.values()) if (held.isDraining) void held.drain('running');
  }

  resume(): void {
    this.#dispatcher.resume();
    this.#dispatcher.pump();
  }

  /** Runs until `close`, the end of a range, or a failure, which it rejects with. Once. `limits` are those of the options unless given. */
  run(deliver: Deliver, limits: Partial<Limits> = {}): Promise<void> {
    if (this.#finished === undefined) {
      this.#dispatcher.begin(deliver, { ...this.#parts.settings, ...limits });
      this.#finished = this.#run();
    }
    return this.#finished;
  }

  /**
   * Starts nothing above what was started, waits for the rest until the deadline, commits, hands back, leaves. Idempotent.
   */
  async close(deadlineMs: number): Promise<void> {
    this.#dispatcher.resume();
    this.#isClosing = true;
    for (const held of this.#held.values()) void held.drain('started');
    this.#dispatcher.pump();
    const cancel = this.#clock.timer(deadlineMs, () => {
      for (const held of this.#held.values()) held.endDrain();
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
    // What is left now are ended assignments of a range, or those of a source that failed.
    if (!this.#isStopped && this.#inFlight.events > 0) await new Promise<void>((resolve) => (this.#whenIdle = resolve));
    if (this.#isStopped) await Promise.all([...this.#held.keys()].map((assignment) => this.revoking(assignment)));
    this.#dispatcher.stop();
    this.#shared.schedule.stop();
    if (this.#failure !== undefined) throw this.#failure;
  }

  ready(): void {
    this.#isReady();
  }

  assigned(assignment: Assignment): void {
    const held = new HeldAssignment(assignment, ++numbers, this.#shared);
    this.#held.set(assignment, held);
    this.#shared.observer.assigned(held);
    if (this.#stop.signal.aborted) void held.drain('running');
    else void this.#readers.read(held);
  }

  async revoking(assignment: Assignment): Promise<void> {
    const held = this.#held.get(assignment);
    if (held === undefined) return;
    const cancel = this.#afterDrainTime(() => held.endDrain());
    const drained = held.drain(this.#failure === undefined && !this.isPaused ? 'started' : 'running');
    this.#dispatcher.pump();
    await drained;
    cancel();
    const overdue = new AbortController();
    const cancelCommits = this.#afterDrainTime(() => overdue.abort());
    const { signal: either, unlink } = linkedSignal([this.#late.signal, overdue.signal]);
    await held.finishCommits(either);
    unlink();
    cancelCommits();
    if (this.#held.get(assignment) !== held) return;
    this.#shared.observer.revoked(held);
    this.#forget(held, handedOn(held.partition));
  }

  lost(assignment: Assignment, reason: StreamError): void {
    const held = this.#held.get(assignment);
    if (held !== undefined) this.#lost(held, reason);
  }

  #lost(held: HeldAssignment, reason: StreamError): void {
    this.#shared.observer.lost(held, reason);
    this.#forget(held, reason);
  }

  #forget(held: HeldAssignment, reason: StreamError): void {
    this.#held.delete(held.source);
    held.forget(reason);
  }

  /** Bounds a hand-over. `close` has a deadline of its own, shorter or longer, and takes what is handed over along. */
  #afterDrainTime(then: () => void): CancelTimer {
    return this.#clock.timer(this.#parts.settings.drainTimeoutMs, () => {
      if (!this.#isClosing) then();
    });
  }

  /** Ends the consumer: running handlers finish, nothing else starts, the event that failed stays unsettled. */
  #fail(error: StreamError): void {
    this.#failure ??= error;
    for (const held of this.#held.values()) void held.drain('running');
    this.#stop.abort(error);
    this.#whenIdle?.();
  }
}
