import type { Assignment } from '../contract/source.ts';
import { StreamError } from '../errors/stream-error.ts';
import { observe, type Ownership } from '../observe/channels.ts';
import { backoffDelay, type BackoffMs } from '../retry/backoff.ts';
import type { CancelTimer, Clock } from '../time/clock.ts';
import { sleep, untilAborted } from '../time/wait.ts';
import type { EngineOptions } from './engine-options.ts';
import type { LaneState } from './lane-state.ts';
import type { Task } from './task.ts';

interface CommitterParts {
  readonly options: EngineOptions;
  readonly clock: Clock;
  readonly random: () => number;
  readonly lanes: () => Iterable<LaneState>;
  readonly describe: (state: LaneState) => Ownership;
  readonly fail: (error: StreamError) => void;
  /** The provider knows that these are settled, or it is not told any more: their room is free. */
  readonly told: (tasks: readonly Task[]) => void;
}

const committed = observe('consume:commit');
const commitFailed = observe('consume:commit-failed');

/** Between two tries of what the provider refused. */
const backoff: BackoffMs = { initial: 20, max: 500, jitter: 'full' };

/** Tells the provider what is settled: watermarks at an interval, single events as soon as the last call returned. */
export class Committer {
  readonly #parts: CommitterParts;
  #timer: CancelTimer | undefined;
  /** Of lanes that were refused: one for all, as their calls may share a request. */
  #retry: CancelTimer | undefined;

  constructor(parts: CommitterParts) {
    this.#parts = parts;
  }

  settled(state: LaneState, task: Task): void {
    if (state.settlement === 'watermark') return this.#schedule();
    state.unsent.push(task);
    // A call that is out takes it along with the next.
    if (state.committing === undefined && state.refusals === 0) void this.#send(state);
  }

  /** The lane is gone: nothing of it is told any more. */
  forget(state: LaneState): void {
    const { unsent, sending } = state;
    state.unsent = [];
    this.#parts.told([...sending, ...unsent]);
  }

  /** Everything settled is stored, or the lane is gone, or the signal says that the service had its time. */
  async finish(state: LaneState, signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#parts;
    try {
      for (let failures = 1; this.#hasUnsent(state); failures++) {
        const result = await untilAborted(this.#send(state), signal);
        if (result === 'final' || state.status === 'gone') return;
        if (result === 'again') await sleep(clock, backoffDelay(backoff, failures, random), signal);
      }
    } catch (thrown) {
      // What could not be stored in time comes again at the next owner.
      if (!signal.aborted) throw thrown;
    }
  }

  stop(): void {
    this.#timer?.();
    this.#retry?.();
  }

  #schedule(): void {
    const { clock, options } = this.#parts;
    if (this.#timer !== undefined || options.commitIntervalMs === Infinity) return;
    this.#timer = clock.timer(options.commitIntervalMs, () => {
      this.#timer = undefined;
      this.#sendAll((state) => state.refusals === 0);
    });
  }

  #sendAll(isMeant: (state: LaneState) => boolean): void {
    for (const state of this.#parts.lanes()) if (isMeant(state)) void this.#send(state);
  }

  #hasUnsent(state: LaneState): boolean {
    if (this.#parts.options.commitIntervalMs === Infinity) return false;
    if (state.settlement === 'individual') return state.unsent.length > 0 || state.sending.length > 0;
    return state.watermark.safe !== state.committed;
  }

  /** One call at a time a lane; what settles meanwhile goes with the next. */
  async #send(state: LaneState): Promise<'ok' | 'again' | 'final'> {
    if (state.committing !== undefined) {
      await state.committing;
      return 'ok';
    }
    if (!this.#hasUnsent(state) || state.status === 'gone') return 'ok';
    const sending = state.settlement === 'watermark' ? this.#commit(state) : this.#settle(state);
    const result = sending.then(
      () => {
        state.refusals = 0;
        return 'ok' as const;
      },
      (thrown: unknown) => this.#failed(state, StreamError.from(thrown, 'consumer')),
    );
    state.committing = result.then(() => {
      state.committing = undefined;
    });
    const outcome = await result;
    await state.committing;
    if (outcome === 'ok' && state.unsent.length > 0) void this.#send(state);
    // The interval may have ended during a slow call: what settled meanwhile would wait for the next event, which may never come.
    else if (outcome === 'ok' && state.status === 'active' && this.#hasUnsent(state)) this.#schedule();
    return outcome;
  }

  async #commit(state: LaneState): Promise<void> {
    const position = state.watermark.safe;
    if (position === undefined) return;
    const { lane } = state;
    if (lane.commit === undefined) throw notOfThisKind(lane);
    await lane.commit({ partition: lane.partition, position });
    state.committed = position;
    if (committed.hasSubscribers) committed.publish({ ...this.#parts.describe(state), position });
  }

  async #settle(state: LaneState): Promise<void> {
    const tasks = state.unsent;
    state.unsent = [];
    state.sending = tasks;
    try {
      if (state.lane.settle === undefined) throw notOfThisKind(state.lane);
      await state.lane.settle(tasks.map((task) => task.stored));
      this.#parts.told(tasks);
    } catch (thrown) {
      // In front: whatever is told of a key is told in its order.
      if (state.status !== 'gone') state.unsent = [...tasks, ...state.unsent];
      throw thrown;
    } finally {
      state.sending = [];
    }
  }

  #failed(state: LaneState, error: StreamError): 'again' | 'final' {
    if (commitFailed.hasSubscribers) commitFailed.publish({ ...this.#parts.describe(state), error });
    if (error.code === 'lease-lost') return 'final';
    if (!error.retryable) {
      this.#parts.fail(error);
      return 'final';
    }
    state.refusals++;
    if (state.status === 'active') this.#tryLater(state.refusals);
    return 'again';
  }

  /** After an interval; by then the watermark may have moved on, which is as good. A service in trouble is spared short ones. */
  #tryLater(refusals: number): void {
    const { clock, options, random } = this.#parts;
    const delayMs = Math.max(options.commitIntervalMs, backoffDelay(backoff, refusals, random));
    this.#retry ??= clock.timer(delayMs, () => {
      this.#retry = undefined;
      this.#sendAll((state) => state.refusals > 0);
    });
  }
}

/** The adapter declares one settlement, and gave an assignment of the other. */
function notOfThisKind(assignment: Assignment): StreamError {
  const kind = assignment.commit === undefined ? 'settles single events' : 'commits positions';
  const message = `partition ${assignment.partition} ${kind}, which is not the settlement that its adapter declares`;
  return new StreamError('internal', message, { where: 'consumer' });
}
