import type { StoredEvent } from '../model/encoded.ts';
import { keyId } from '../model/key-id.ts';
import type { Ordering } from './options.ts';
import type { Schedulable } from './keyed-scheduler.ts';

/** What a task knows of the assignment that it came with. */
export interface Holding {
  readonly partition: string;
  /** A fresh number for each assignment, for observers. */
  readonly number: number;
  readonly fencingToken: string | undefined;
  /** False once another member may own the partition. */
  readonly isHeld: boolean;
  /** Nothing of it counts any more. */
  readonly isGone: boolean;
  /** It finishes what runs now, and waits for no further attempt. */
  readonly isHurried: boolean;
  /** A handler, or the writing of a letter, begins. */
  begin(): void;
  /** It has ended. */
  end(): void;
  /** The handler of this task is called. */
  start(task: Task): void;
  /** Handled, in a letter, or passed over: what the provider is to know. */
  settle(task: Task): void;
  /** Done with the task here; if it was not settled it comes again, to this member or another. */
  leave(task: Task): void;
}

/** One event from its arrival to its settling. Its attempts are counted by the dispatcher, its place by its assignment. */
export class Task implements Schedulable {
  readonly stored: StoredEvent;
  readonly assignment: Holding;
  /** Its number in the assignment. */
  readonly number: number;
  readonly bytes: number;
  readonly slot: string | undefined;
  #takesRoom = true;
  #attempts: number;
  /** Attempts in a row that could not begin, because what it takes to read the event was out of reach. */
  #delays = 0;
  #firstFailure: number | undefined;
  /** Monotonic times: of its first attempt here, and of the last one's beginning and failure. */
  #firstStart: number | undefined;
  #lastStart = 0;
  #failedAt: number | undefined;

  constructor(stored: StoredEvent, assignment: Holding, number: number, bytes: number, slot: string | undefined) {
    this.stored = stored;
    this.assignment = assignment;
    this.number = number;
    this.bytes = bytes;
    this.slot = slot;
    this.#attempts = stored.deliveries ?? 0;
  }

  /** Attempts begun so far. */
  get attempts(): number {
    return this.#attempts;
  }

  /** When an attempt here failed first, by the wall clock. */
  get firstFailure(): number | undefined {
    return this.#firstFailure;
  }

  /** Gives back its room; true the first time. */
  yieldRoom(): boolean {
    const took = this.#takesRoom;
    this.#takesRoom = false;
    return took;
  }

  /** An attempt begins; the time is monotonic. */
  started(at: number): void {
    this.#attempts++;
    this.#firstStart ??= at;
    this.#lastStart = at;
    this.#failedAt = undefined;
  }

  /** Its attempt failed at this time, by the wall clock and the monotonic one. */
  failed(now: number, at: number): void {
    this.#delays = 0;
    this.#firstFailure ??= now;
    this.#failedAt = at;
  }

  /** It could not be read at this monotonic time; returns how often that was so in a row. */
  unread(at: number): number {
    this.#failedAt = at;
    return ++this.#delays;
  }

  /** Its attempt does not count: the handler did not see it. */
  uncount(): void {
    this.#attempts--;
  }

  /** For observers: how long its last attempt took, and all that was done with it. */
  times(now: number): { readonly ms: number; readonly totalMs: number } {
    return { ms: (this.#failedAt ?? now) - this.#lastStart, totalMs: now - (this.#firstStart ?? now) };
  }
}

/** What an event must not run beside: its key, its partition, or nothing. */
export function slotOf(stored: StoredEvent, ordering: Ordering): string | undefined {
  if (ordering === 'key') return keyId(stored.key);
  return ordering === 'partition' ? stored.partition : undefined;
}
