import type { StoredEvent } from '../model/encoded.ts';
import { keyId } from '../model/key-id.ts';
import type { CancelTimer } from '../time/clock.ts';
import type { HandlerContext, Ordering } from './options.ts';
import type { LaneState } from './lane-state.ts';
import type { Schedulable } from './keyed-scheduler.ts';

/** One event from its arrival to its settling. Only the engine changes it. */
export class Task implements Schedulable {
  readonly stored: StoredEvent;
  readonly lane: LaneState;
  /** Its number in the lane's watermark. */
  readonly number: number;
  readonly bytes: number;
  readonly slot: string | undefined;
  /** Its handler was started once. */
  isBegun: boolean = false;
  /** It takes up room. */
  isCounted: boolean = true;
  /** Attempts begun so far. */
  attempts: number;
  firstFailure: number | undefined;
  /** Attempts in a row that could not begin, because what it takes to read the event was out of reach. */
  delays: number = 0;
  /** Monotonic times: of its first attempt here, and of the last one's beginning and failure. */
  #firstStart: number | undefined;
  #lastStart = 0;
  #failedAt: number | undefined;
  /** A wait before the next attempt, or before the next try to write its letter. */
  cancelWait: CancelTimer | undefined;

  constructor(stored: StoredEvent, lane: LaneState, number: number, bytes: number, slot: string | undefined) {
    this.stored = stored;
    this.lane = lane;
    this.number = number;
    this.bytes = bytes;
    this.slot = slot;
    this.attempts = stored.deliveries ?? 0;
  }

  started(at: number): void {
    this.#firstStart ??= at;
    this.#lastStart = at;
    this.#failedAt = undefined;
  }

  failedAt(at: number): void {
    this.#failedAt = at;
  }

  /** For observers: how long its last attempt took, and all that was done with it. */
  times(now: number): { readonly ms: number; readonly totalMs: number } {
    return { ms: (this.#failedAt ?? now) - this.#lastStart, totalMs: now - (this.#firstStart ?? now) };
  }

  /** Its handler is called, for the first time or again. */
  begin(): void {
    if (!this.isBegun) this.lane.begun++;
    this.isBegun = true;
  }

  /** Settled or given up: its lane owes it no more. */
  endBegun(): void {
    if (this.isBegun) this.lane.begun--;
    this.isBegun = false;
  }
}

/** What an event must not run beside: its key, its partition, or nothing. */
export function slotOf(stored: StoredEvent, ordering: Ordering): string | undefined {
  if (ordering === 'key') return keyId(stored.key);
  return ordering === 'partition' ? stored.partition : undefined;
}

/** One call of a handler, and what the handler sees of it. */
export class Attempt implements HandlerContext {
  readonly task: Task;
  readonly attempt: number;
  readonly topic: string;
  readonly group: string | undefined;
  readonly startedAt: number;
  /** `lost`: the lane is gone and whatever the handler returns has no effect. `over`: its result is known. */
  state: 'running' | 'lost' | 'over' = 'running';
  #controller: AbortController | undefined;
  #aborted: { readonly reason: unknown } | undefined;

  constructor(task: Task, topic: string, group: string | undefined, startedAt: number) {
    this.task = task;
    this.attempt = task.attempts;
    this.topic = topic;
    this.group = group;
    this.startedAt = startedAt;
  }

  get partition(): string {
    return this.task.stored.partition;
  }

  get position(): string {
    return this.task.stored.position;
  }

  get fencingToken(): string | undefined {
    return this.task.lane.lane.fencingToken;
  }

  get native(): unknown {
    return this.task.stored.native;
  }

  /** Made when first asked for: most handlers never look. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#aborted !== undefined) this.#controller.abort(this.#aborted.reason);
    }
    return this.#controller.signal;
  }

  abort(reason: unknown): void {
    this.#aborted ??= { reason };
    this.#controller?.abort(reason);
  }
}
