import { StreamError } from '../errors/stream-error.ts';
import type { StoredEvent } from '../model/encoded.ts';
import { observe, type Ownership } from '../observe/channels.ts';
import { backoffDelay } from '../retry/backoff.ts';
import type { CancelTimer, Clock } from '../time/clock.ts';
import { sleep, untilAborted } from '../time/wait.ts';
import type { EngineOptions } from './engine-options.ts';
import type { LaneState } from './lane-state.ts';

interface CommitterParts {
  readonly settlement: 'watermark' | 'individual';
  readonly options: EngineOptions;
  readonly clock: Clock;
  readonly random: () => number;
  readonly lanes: () => Iterable<LaneState>;
  readonly describe: (state: LaneState) => Ownership;
  readonly fail: (error: StreamError) => void;
}

const committed = observe('consume:commit');
const commitFailed = observe('consume:commit-failed');

/** Tells the provider what is settled: watermarks at an interval, single events as soon as the last call returned. */
export class Committer {
  readonly #parts: CommitterParts;
  #timer: CancelTimer | undefined;

  constructor(parts: CommitterParts) {
    this.#parts = parts;
  }

  settled(state: LaneState, stored: StoredEvent): void {
    if (this.#parts.settlement === 'individual') {
      state.unsent.push(stored);
      void this.#send(state);
    } else this.#schedule();
  }

  /** Everything settled is stored, or the lane is gone, or the service did not answer for a drain's time or until the signal. */
  async finish(state: LaneState, signal: AbortSignal): Promise<void> {
    const { clock, options, random } = this.#parts;
    const overdue = new AbortController();
    const late = { signal: AbortSignal.any([signal, overdue.signal]) };
    const cancel = clock.timer(options.drainTimeoutMs, () => overdue.abort());
    try {
      for (let failures = 1; this.#hasUnsent(state); failures++) {
        const result = await untilAborted(this.#send(state), late.signal);
        if (result === 'final' || state.status === 'gone') return;
        if (result === 'again')
          await sleep(clock, backoffDelay({ initial: 20, max: 500, jitter: 'full' }, failures, random), late.signal);
      }
    } catch (thrown) {
      // What could not be stored in time comes again at the next owner.
      if (!late.signal.aborted) throw thrown;
    } finally {
      cancel();
    }
  }

  stop(): void {
    this.#timer?.();
  }

  #schedule(): void {
    const { clock, options } = this.#parts;
    if (this.#timer !== undefined || options.commitIntervalMs === Infinity) return;
    this.#timer = clock.timer(options.commitIntervalMs, () => {
      this.#timer = undefined;
      this.#sendAll();
    });
  }

  #sendAll(): void {
    for (const state of this.#parts.lanes()) void this.#send(state);
  }

  #hasUnsent(state: LaneState): boolean {
    if (this.#parts.options.commitIntervalMs === Infinity) return false;
    return (
      state.unsent.length > 0 || (this.#parts.settlement === 'watermark' && state.watermark.safe !== state.committed)
    );
  }

  /** One call at a time a lane; what settles meanwhile goes with the next. */
  async #send(state: LaneState): Promise<'ok' | 'again' | 'final'> {
    if (state.committing !== undefined) {
      await state.committing;
      return 'ok';
    }
    if (!this.#hasUnsent(state) || state.status === 'gone') return 'ok';
    const sending = this.#parts.settlement === 'watermark' ? this.#commit(state) : this.#settle(state);
    const result = sending.then(
      () => 'ok' as const,
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
    await state.lane.commit({ partition: state.lane.partition, position });
    state.committed = position;
    if (committed.hasSubscribers) committed.publish({ ...this.#parts.describe(state), position });
  }

  async #settle(state: LaneState): Promise<void> {
    const events = state.unsent;
    state.unsent = [];
    try {
      await state.lane.settle(events);
    } catch (thrown) {
      state.unsent = [...events, ...state.unsent];
      throw thrown;
    }
  }

  #failed(state: LaneState, error: StreamError): 'again' | 'final' {
    if (commitFailed.hasSubscribers) commitFailed.publish({ ...this.#parts.describe(state), error });
    if (error.code === 'lease-lost') return 'final';
    if (!error.retryable) {
      this.#parts.fail(error);
      return 'final';
    }
    // The next interval tries again; by then the watermark may have moved on, which is as good.
    if (state.status === 'active') this.#schedule();
    return 'again';
  }
}
